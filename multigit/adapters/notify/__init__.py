"""Telling people and monitors about a release."""
