"""linkstep: the link step Python never had."""

__version__ = "0.1.0"
