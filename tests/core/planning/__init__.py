"""Tests of `multigit.core.planning`."""
