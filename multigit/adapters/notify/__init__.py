"""Notifications and metrics about a release."""
