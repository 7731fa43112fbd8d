"""The rulebook: from facts to findings."""
