"""The life of one operation: from its request to its record, with the world at hand."""
