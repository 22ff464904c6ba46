"""This machine: its clock, its processes and programs, and what its environment says."""
