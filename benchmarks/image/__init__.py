"""How long `linkstep image` takes, and how much memory, for an image of 600 MB."""
