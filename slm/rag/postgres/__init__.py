"""An index in a schema of a PostgreSQL server with pgvector, for many machines (docs/retrieval.md)."""
