"""Observe: fetch, read refs and work trees, preview merges. Nothing of the user's changes."""
