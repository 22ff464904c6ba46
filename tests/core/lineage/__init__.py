"""Tests of `multigit.core.lineage`."""
