"""Tests of `multigit.core.values`."""
