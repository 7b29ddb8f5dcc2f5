"""One reader per format; see `corpus.formats` for what a reader is."""
