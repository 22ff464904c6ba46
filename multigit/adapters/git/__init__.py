"""Git, through one door: reading, merging, committing, pushing."""
