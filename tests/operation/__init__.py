"""Tests of `multigit.operation`: the order of an operation, in memory."""
