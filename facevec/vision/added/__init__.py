"""Networks that somebody brought: looked through, tried, described, and kept with their pedigree."""
