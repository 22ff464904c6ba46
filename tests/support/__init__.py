"""Real repositories, servers and terminals for the tests; only `fake_git` imports multigit."""
