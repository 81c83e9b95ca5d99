"""The workers in SQL: tables, repository, change log."""
