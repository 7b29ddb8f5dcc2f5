"""What a run shows while it goes on: progress, dev, its pace, and signs that it goes wrong."""
