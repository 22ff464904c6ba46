"""Tests of `multigit.core.progress`."""
