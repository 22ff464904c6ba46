"""What multigit keeps on disk: the journal, the deployment log, locks, and files that must last."""
