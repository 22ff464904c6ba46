"""What is looked at for which command."""
