"""One outside system each: git, configuration files, the deployment log, the clock."""
