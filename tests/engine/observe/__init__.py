"""What is observed for each command."""
