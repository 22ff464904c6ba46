"""The rules: no git, no files, milliseconds; whole plans compared as literals."""
