"""The order of things: what is read, prepared and published, and when. Talks to ports only."""
