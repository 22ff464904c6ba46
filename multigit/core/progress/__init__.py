"""How far an operation got, and what is left to do."""
