"""The resolve stage: the import system as a model."""
