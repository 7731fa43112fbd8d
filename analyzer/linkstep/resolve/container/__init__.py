"""What an image's command starts, with which interpreter, on which path."""
