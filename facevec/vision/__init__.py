"""From bytes to faces, embeddings and emotions."""
