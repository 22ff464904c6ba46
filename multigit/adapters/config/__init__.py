"""The configuration file: found, read, checked, and written for a new workspace."""

FILE = "multigit.toml"
