"""What all machines share: `refs/multigit/locks/*` and `marks/*` on one repository's remote."""
