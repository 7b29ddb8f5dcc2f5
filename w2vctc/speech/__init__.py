"""Audio in: probe and load."""
