"""Known breaks of real upgrades: reported by linkstep, confirmed by really importing."""
