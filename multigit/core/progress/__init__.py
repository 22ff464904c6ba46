"""How far an operation came, and what is left to do."""
