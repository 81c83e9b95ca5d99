"""What facevec does, as plain functions over ports."""
