"""Creates whose `iasql:intent` tag is still on what they have made, or may be.

The log tells of each call that could not take one off; here stands what is left to do, so that nobody has to search it.
The next step is `iasql.engine.untag`, at the end of a sync.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import psycopg
from psycopg.types.json import Jsonb

from iasql.log.image import Key


@attrs.frozen(kw_only=True)
class LooseTag:
    """The token that a create call carried as its tag, where, and for which row of ours."""

    token: str
    region: str
    table_name: str
    key: Key


def note(connection: psycopg.Connection, tags: Iterable[LooseTag]) -> None:
    """These are to be taken off later."""
    told = [(tag.token, tag.region, tag.table_name, Jsonb(tag.key)) for tag in tags]
    query = "insert into iasql.loose_tag (token, region, table_name, key) values (%s, %s, %s, %s)"
    with connection.cursor() as cursor:
        cursor.executemany(f"{query} on conflict do nothing", told)


def waiting(connection: psycopg.Connection) -> list[LooseTag]:
    """All that are to be taken off."""
    found = connection.execute("select token, region, table_name, key from iasql.loose_tag order by token").fetchall()
    return [LooseTag(token=token, region=region, table_name=table, key=key) for token, region, table, key in found]


def forget(connection: psycopg.Connection, tags: Iterable[LooseTag]) -> None:
    """These are off, or what carried them is gone."""
    connection.execute("delete from iasql.loose_tag where token = any (%s)", [[tag.token for tag in tags]])
