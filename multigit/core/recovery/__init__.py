"""The ways out of an operation: to continue it, take it back, or watch it."""
