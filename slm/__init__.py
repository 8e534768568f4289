"""slm: make a small language model of your own, on the machine you have."""

__version__ = "0.1.0"
