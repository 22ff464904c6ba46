"""The documents are tested: what they show is what the program does."""
