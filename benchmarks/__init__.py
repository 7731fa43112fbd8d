"""Measurements of linkstep: what they need is installed by themselves, below a work directory."""
