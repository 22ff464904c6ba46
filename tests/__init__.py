"""Facts about multigit, layer by layer, and the real repositories to test them on."""
