"""The real program as a user starts it: real git, real remotes, a real terminal."""
