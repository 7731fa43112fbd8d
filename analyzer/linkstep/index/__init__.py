"""The index stage: each file alone, from bytes to its summary."""
