"""What every test may use: a server and a database of its own (see tests/databases.py)."""

from __future__ import annotations

import os

from iasql.cli.demo.stand_in import IMAGES, look_up_once
from tests.databases import database, engine, operator, server, shared_database, template, user, work_in_memory, writer

os.environ.setdefault("MOTO_AMIS_PATH", str(IMAGES))  # moto reads it when it is imported
look_up_once()
work_in_memory()

__all__ = ["database", "engine", "operator", "server", "shared_database", "template", "user", "writer"]
