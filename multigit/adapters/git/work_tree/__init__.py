"""The files of the user: their state, what a commit takes, and what a checkout would overwrite."""
