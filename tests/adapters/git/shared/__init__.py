"""Tests of `multigit.adapters.git.shared`."""
