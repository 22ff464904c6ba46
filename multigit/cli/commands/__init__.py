"""One file for each command: options in, one call, an exit code out."""
