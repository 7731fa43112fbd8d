"""What linkstep says an entry point reaches, compared with sys.modules."""
