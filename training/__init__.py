"""Trainings of the models that ship with facevec."""
