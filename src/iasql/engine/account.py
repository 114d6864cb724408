"""The cloud account of a database: its credentials, its regions and the sessions with AWS.

Credentials are boto3's default chain, or the first usable row of `aws_credentials`. The next step is
`iasql.cloud.session`, which turns them into clients.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import attrs
import psycopg

from iasql.cloud.session import Credentials, Session, Timeouts
from iasql.db import rows
from iasql.engine.hosts import Opened


@attrs.define(kw_only=True, slots=False)
class Account:
    """The sessions of one database, one a set of credentials, shared by all of its verbs."""

    endpoint_url: str | None = None
    timeouts: Timeouts = attrs.field(factory=Timeouts)
    may_send: Callable[[], None] | None = None
    """Asked before each request to AWS; what it raises stops the request."""
    opened: Opened = attrs.field(factory=Opened, init=False)
    """Connections to other machines, kept between verbs as the sessions are."""
    _sessions: dict[Credentials | None, Session] = attrs.field(factory=dict, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def session(self, connection: psycopg.Connection) -> Session:
        """The session that the database's present credentials ask for."""
        wanted = credentials(connection)
        with self._lock:
            found = self._sessions.get(wanted)
            if found is None:
                found = self._sessions[wanted] = Session(
                    wanted, endpoint_url=self.endpoint_url, timeouts=self.timeouts, may_send=self.may_send
                )
            return found

    def close(self) -> None:
        """Ends every session."""
        with self._lock:
            for session in self._sessions.values():
                session.close()
            self._sessions.clear()
        self.opened.close()


def credentials(connection: psycopg.Connection) -> Credentials | None:
    """The first usable row of aws_credentials by id; None means boto3's default chain."""
    if not rows.exists(connection, "aws_credentials"):
        return None
    for image in rows.read(connection, "aws_credentials", order_by="id"):
        key = {"id": image["id"]}
        if image.get("access_key_id") and image.get("secret_access_key"):
            return Credentials(
                access_key_id=image["access_key_id"],
                secret_access_key=rows.secret(connection, "aws_credentials", key, "secret_access_key"),
                session_token=rows.secret(connection, "aws_credentials", key, "session_token"),
                role_arn=image.get("role_arn"),
                external_id=image.get("external_id"),
            )
        if image.get("profile") or image.get("role_arn"):
            return Credentials(
                profile=image.get("profile"), role_arn=image.get("role_arn"), external_id=image.get("external_id")
            )
    return None


def regions(connection: psycopg.Connection) -> list[str]:
    """The enabled regions of the account, the default one first."""
    if not rows.exists(connection, "aws_regions"):
        return []
    found = rows.read(connection, "aws_regions", order_by="is_default desc, region")
    return [image["region"] for image in found if image["is_enabled"]]
