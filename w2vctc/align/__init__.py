"""Times for the words of a text that is known: forced alignment."""
