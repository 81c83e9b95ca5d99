"""Training of the emotion model that ships with facevec."""
