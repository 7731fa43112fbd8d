"""How long linkstep and other tools take for the same code, and how much memory."""
