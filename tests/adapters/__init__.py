"""What multigit talks to, for real: git, files, hosts on loopback."""
