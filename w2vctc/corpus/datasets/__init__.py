"""Data sets of Hugging Face: packed rows, packed sound, the hub."""
