"""Emissions in, text out."""
