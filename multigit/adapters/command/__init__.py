"""Deployments by a command, which continue when multigit ends."""
