"""Analyses: from links to facts."""
