"""The compiled beam search."""
