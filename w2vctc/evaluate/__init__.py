"""References and hypotheses in, error rates out."""
