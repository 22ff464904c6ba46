"""Doubles of the systems that deployments talk to, each a real server on a loopback port."""
