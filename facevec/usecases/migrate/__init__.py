"""Changing the embedding model of a registry: both models' templates are kept until it is finished."""
