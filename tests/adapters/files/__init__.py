"""Tests of `multigit.adapters.files`."""
