"""What became of commits: they reached a stage in another way, were copied, or were reverted."""
