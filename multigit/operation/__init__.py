"""The life of one operation: from its request to its record, connected to the adapters."""
