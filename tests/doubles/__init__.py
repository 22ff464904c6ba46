"""Doubles of the systems that deployments meet, each a real server on a loopback port."""
