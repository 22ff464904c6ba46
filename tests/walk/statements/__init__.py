"""Every kind of statement that multigit makes, each compared with the facts."""
