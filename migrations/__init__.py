"""The registry's schema, version by version (Alembic); installed as `facevec_migrations`."""
