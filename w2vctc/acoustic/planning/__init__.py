"""What a run will take and what to expect of it, before it begins."""
