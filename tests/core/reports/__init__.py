"""Tests of `multigit.core.reports`."""
