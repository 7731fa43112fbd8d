"""A chat service."""
