"""Real repositories, servers and terminals; only the fakes and the fork server import multigit."""
