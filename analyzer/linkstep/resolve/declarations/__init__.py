"""Declarations: what a project asks for, in every file that can ask."""
