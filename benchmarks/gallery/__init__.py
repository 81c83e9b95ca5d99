"""Galleries of drawn people: how fast each engine answers, how rightly, and what it takes."""
