"""Deployments as runs of GitHub's workflows, with their checks and reviews."""
