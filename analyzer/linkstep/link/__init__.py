"""The link stage: all files together, every reference to its target."""
