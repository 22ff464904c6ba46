"""Tests of `multigit.core.records`."""
