"""What a way back left as it was: rows that somebody changed since, or that something refers to.

Each is named in the preview, and stops the commit until somebody has written the row, or says that it may stay so.
"""

from __future__ import annotations

import attrs
import psycopg

from iasql.log.image import Key
from iasql.resource.label import label


@attrs.frozen
class LeftOver:
    """One row that the open transaction should have changed and did not, and why."""

    table: str
    key: Key
    label: str
    reason: str

    @property
    def row_id(self) -> str:
        """The primary key as text; several columns are joined by a bar."""
        return label(self.key[name] for name in sorted(self.key))


def left_over(connection: psycopg.Connection, transaction_id: str) -> list[LeftOver]:
    """What is not settled yet, in the order in which it was found."""
    query = "select table_name, key, label, reason from iasql.left_over(%s)"
    return [LeftOver(*row) for row in connection.execute(query, [transaction_id]).fetchall()]
