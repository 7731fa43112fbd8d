"""Launch commands: what a command line starts, and where command lines are written."""
