"""Tests of `multigit.adapters.git`."""
