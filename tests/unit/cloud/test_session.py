"""A session with AWS: whoever sees an account through it shares what is dear to make."""

from __future__ import annotations

from typing import Any

from iasql.cloud.session import Credentials, Session
from iasql.resource import Host


class Nobody:
    """Knows no machines."""

    def at(self, host: Host, name: str) -> Any:
        raise KeyError(name)


def test_all_that_see_an_account_sign_in_once() -> None:
    session = Session(Credentials(access_key_id="key", secret_access_key="secret"))
    first, second = session.beside(Nobody()), session.beside(Nobody())
    assert first._session() is second._session() is session._session()
    assert first.client("sqs", "us-east-1") is second.client("sqs", "us-east-1")
    assert list(first.map(str, [1, 2])) == list(second.map(str, [1, 2]))
    assert first._made.pool is second._made.pool is not None
    session.close()
