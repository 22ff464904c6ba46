"""Requests over HTTP: one request, one answer, within one time limit."""
