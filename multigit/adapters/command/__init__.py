"""Deployments by a command, which outlive multigit."""
