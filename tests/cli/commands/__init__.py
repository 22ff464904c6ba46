"""Tests of `multigit.cli.commands`: from the command line to the remotes."""
