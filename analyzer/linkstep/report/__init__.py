"""Report formats: from findings to text."""
