"""Learning the projection of face embeddings, and the embeddings to learn it from."""
