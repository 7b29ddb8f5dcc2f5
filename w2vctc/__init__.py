"""w2vctc: from a folder of transcribed speech to a speech recogniser of your own."""

__version__ = "0.1.0"
