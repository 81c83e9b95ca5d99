"""Network definitions in plain PyTorch."""
