"""`linkstep why`: the stages once more, for one question."""
