"""The gallery: exact oracle, FAISS, generations on disk, the live view."""
