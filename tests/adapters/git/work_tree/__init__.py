"""Tests of `multigit.adapters.git.work_tree.reading`."""
