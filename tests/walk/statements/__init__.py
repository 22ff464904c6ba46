"""Every sort of statement that multigit makes, each compared with what is really there."""
