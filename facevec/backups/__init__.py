"""One file that holds a registry, or some of its workers: made while it is used, checked, read back."""
