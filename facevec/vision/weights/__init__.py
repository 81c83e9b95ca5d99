"""Weights as data with a pedigree: a catalogue, ways to get them, and a store that verifies them."""
