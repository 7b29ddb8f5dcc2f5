"""What is wrong with rows of a corpus, and what the corpus amounts to."""
