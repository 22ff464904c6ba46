"""Tests of `multigit.adapters.http`."""
