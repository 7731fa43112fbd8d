"""`linkstep image`: from an image to what the stages run on."""
