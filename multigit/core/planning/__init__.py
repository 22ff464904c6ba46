"""From a request and snapshots to a plan."""
