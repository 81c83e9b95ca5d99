"""Drawn people: faces that are nobody's, for what has to be tried on faces."""
