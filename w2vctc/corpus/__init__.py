"""Utterances, manifests and their checks."""
