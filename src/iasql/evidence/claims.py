"""What an export tells of a change beyond its own row, held against the rows of the log that say so.

Why a change was made and who approved it stand in rows of their own, which their digests cover; an export repeats them
beside each change. In one that has all of the log, they must be the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from types import TracebackType

import attrs

from iasql.evidence.change import Change

MESSAGES = frozenset({"OPEN_TRANSACTION", "SET_COMMIT_MESSAGE", "INSTALL", "UNINSTALL"})
TABLES = """
create table claim (tx, message, approved, row, primary key (tx, message, approved)) without rowid;
create table message (tx primary key, said) without rowid;
create table approval (tx, row, who, primary key (tx, row)) without rowid;
"""
STRAYS = """
select c.row, c.message <> coalesce(m.said, '') from claim c left join message m on m.tx = c.tx
  left join (select tx, group_concat(who, ', ') who from (select * from approval order by row) group by tx) a
    on a.tx = c.tx
where c.message <> coalesce(m.said, '') or c.approved <> coalesce(a.who, '') order by c.row"""


@attrs.define
class Claims:
    """What is told of transactions, and by which rows; a context manager. It lies in a file that goes with it."""

    _store: sqlite3.Connection = attrs.field(factory=lambda: sqlite3.connect(""))
    _last: tuple[str | None, ...] = ()

    def __enter__(self) -> Claims:
        self._store.executescript(TABLES)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()

    def take(self, change: Change) -> None:
        """The next row."""
        tx, number = change["transaction_id"], int(change["id"] or 0)
        claim = (tx, change["transaction_message"] or "", change["approved_by"] or "")
        if claim != self._last:
            self._store.execute("insert or ignore into claim values (?, ?, ?, ?)", [*claim, number])
            self._last = claim
        if change["key"] is None and change["change_type"] in MESSAGES and change["message"] is not None:
            self._store.execute("insert or replace into message values (?, ?)", [tx, change["message"]])
        elif change["key"] is None and change["change_type"] == "APPROVE":
            self._store.execute("insert into approval values (?, ?, ?)", [tx, number, change["changed_by"]])

    def strays(self) -> Iterator[tuple[int, str]]:
        """Rows of which something else is told than the log says, and what."""
        for number, is_message in self._store.execute(STRAYS):
            what = "why row {} was changed" if is_message else "who approved row {}"
            yield number, f"{what.format(number)} is not what the log says"
