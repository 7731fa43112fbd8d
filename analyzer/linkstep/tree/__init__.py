"""Sources of files: a directory, memory; each one a `model.tree.Tree`."""
