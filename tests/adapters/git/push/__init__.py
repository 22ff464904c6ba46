"""Tests of `multigit.adapters.git.push`."""
