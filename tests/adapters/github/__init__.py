"""Tests of `multigit.adapters.github`."""
