"""One fine-tuning run: its options, its updates, its checkpoints, its end."""
