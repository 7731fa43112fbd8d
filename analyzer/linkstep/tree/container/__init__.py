"""Container images as a tree: layers read as streams, merged, never unpacked."""
