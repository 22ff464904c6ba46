"""Options in, one request, one call, one rendering, exit code out."""
