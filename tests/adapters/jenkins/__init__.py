"""Tests of `multigit.adapters.jenkins`."""
