"""What lies around the package: its distribution, its releases, and what checks it."""
