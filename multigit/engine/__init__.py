"""The order of things: what is read, prepared and published when. Talks to ports only."""
