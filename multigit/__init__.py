"""Move a product of many git repositories from one branch to the next."""

__version__ = "0.1.0"

DISTRIBUTION = "multigit-promote"  # what installers call it, as in pyproject.toml
