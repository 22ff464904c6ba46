"""Tests of `multigit.adapters.notify`."""
