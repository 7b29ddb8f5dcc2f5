"""Language profiles and the one normalizer for labels, LM text and scoring."""
