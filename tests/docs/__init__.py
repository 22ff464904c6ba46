"""The documents are tested: the program does what they show."""
