"""Import cycles of real distributions, compared with the interpreter."""
