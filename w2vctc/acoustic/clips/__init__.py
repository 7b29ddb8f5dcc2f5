"""Recordings and transcripts on their way into a batch: planned, read, changed, padded."""
