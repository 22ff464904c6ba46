"""The configuration file: finding, reading, checking, and writing a first one."""

FILE = "multigit.toml"
