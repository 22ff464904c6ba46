"""The plain values that everything else is said in."""
