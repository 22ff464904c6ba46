"""Tests of `multigit.adapters.command`."""
