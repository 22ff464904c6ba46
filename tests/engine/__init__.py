"""The order of things, on the fake git."""
