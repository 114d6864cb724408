"""What every test may use: a server and a database of its own (see tests/databases.py)."""

from __future__ import annotations

from tests.databases import database, engine, operator, server, shared_database, template, user, writer

__all__ = ["database", "engine", "operator", "server", "shared_database", "template", "user", "writer"]
