"""One side: the PostgreSQL database, its connections, roles, schema and rows."""
