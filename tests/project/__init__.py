"""What surrounds the package: its distribution, its releases, and its checks."""
