"""Deployments as builds of Jenkins."""
