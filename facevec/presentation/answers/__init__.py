"""What the service sends and `--json` prints, described once: models that read values and serialise them."""
