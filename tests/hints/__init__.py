"""Every hint that names a command, typed in the situation that prints it."""
