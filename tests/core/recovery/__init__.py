"""Tests of `multigit.core.recovery`."""
