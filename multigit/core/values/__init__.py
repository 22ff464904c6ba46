"""The plain values that everything else is made of."""
