"""Text in, n-gram out."""
