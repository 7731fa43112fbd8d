"""Runs after runs: what of an earlier one still holds, and what a change causes."""
