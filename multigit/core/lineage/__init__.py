"""What became of commits: arrived in another way, or taken back."""
