"""Tests of `multigit.adapters.demo`."""
