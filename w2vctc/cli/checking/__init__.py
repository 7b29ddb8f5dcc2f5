"""What `w2vctc check` shows: a screen, JSON, a page with players."""
