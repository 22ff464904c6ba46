"""The ways to end an operation: continue, undo, abandon, or watch it."""
