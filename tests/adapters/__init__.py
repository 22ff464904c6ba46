"""The doors to the outside world, on the real things."""
