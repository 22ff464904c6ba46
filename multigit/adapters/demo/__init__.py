"""A sandbox of five services, with servers to deploy to."""
