"""Tests of `multigit.adapters.config`."""
