"""A place where the log is sealed, signed, published and exported: what the tests of evidence share."""

from __future__ import annotations

from pathlib import Path

import attrs
import psycopg

from iasql.evidence.export import export
from iasql.evidence.key import PrivateKey
from iasql.evidence.place import Folder
from iasql.evidence.publish import Publisher
from iasql.evidence.verdict import Verdict
from iasql.evidence.verify import Witnesses, verify
from tests.databases import Database
from tests.sql.conftest import one


@attrs.define
class Site:
    """A database whose seals are signed and published, and an auditor with the public key."""

    database: Database
    folder: Path
    key: PrivateKey
    to: Folder
    count: int = 0

    @property
    def engine(self) -> psycopg.Connection:
        return self.database.connect("iasql_engine")

    def seal(self, key: PrivateKey | None = None) -> None:
        """As the engine does."""
        engine = self.engine
        while one(engine, "select iasql.seal()"):
            pass
        Publisher(key=key or self.key, to=self.to).catch_up(engine)

    def export(self, form: str = "csv") -> Path:
        """A new export."""
        self.count += 1
        folder = self.folder / f"export {self.count}"
        export(self.database.connect(), folder, form, since=None, until=None)
        return folder

    def verify(self, folder: Path, archives: Folder | None = None) -> Verdict:
        """As an auditor does."""
        return verify(folder, Witnesses(keys=[self.key.public], published=self.to, archives=archives))

    def attack(self, statement: str) -> None:
        """As a superuser who silences the triggers."""
        admin = self.database.admin()
        for table in ("public.iasql_audit_log", "iasql.audit_log_1", "iasql.audit_leaf", "iasql.audit_seal",
                      "iasql.audit_signature", "public.zone"):  # fmt: skip
            admin.execute(f"alter table {table} disable trigger user".encode())
        admin.execute("set search_path = public")
        with admin.transaction():
            admin.execute(statement.encode())
