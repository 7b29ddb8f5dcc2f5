"""How `w2vctc decode` goes through many recordings."""
