"""The deployment log, as values."""
