"""Tests of `multigit.adapters.system`."""
