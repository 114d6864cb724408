"""Clients of AWS: one boto3 session an account, one client a service and region, made when first asked for.

A new boto3 session costs 45-370 ms and a client of it 2-9 ms, so both are kept. boto3 itself is imported only here and
only when a client is wanted.
"""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import attrs

from iasql.resource import Host
from iasql.resource import service as aws

if TYPE_CHECKING:
    import boto3

T = TypeVar("T")
R = TypeVar("R")

FIRST_REGION = "us-east-1"
SIDE_BY_SIDE = 32
"""Rows that are read at a time, of all services and regions."""
AT_ONCE = 16
"""Calls at a time of one service in one region."""
ONLY_IN = {"ecr-public": FIRST_REGION}
"""Services that answer in one region for all."""

FEWER = {"iam": 6, "route53": 4, "organizations": 4}
"""The same, for services that throttle early."""


@attrs.frozen(kw_only=True)
class Timeouts:
    """Seconds that a call may take: to reach AWS, until AWS answers, and until it can no longer take effect."""

    connect: float = 10.0
    read: float = 60.0
    landed: float = attrs.field()

    @landed.default
    def _sum(self) -> float:
        return self.connect + self.read


@attrs.frozen(kw_only=True)
class Credentials:
    """How to sign in, one row of aws_credentials: keys, or a profile, or a role to assume (with either or neither)."""

    access_key_id: str | None = None
    secret_access_key: str | None = attrs.field(default=None, repr=False)
    session_token: str | None = attrs.field(default=None, repr=False)
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None


class Hosts(Protocol):
    """Who knows other machines than AWS's."""

    def at(self, host: Host, name: str) -> Any:
        """A connection to the machine of that name."""
        ...


@attrs.define(kw_only=True, slots=False)
class Made:
    """What a session has made so far, shared by all that see its account: boto3's session, clients, threads."""

    lock: threading.RLock = attrs.field(factory=threading.RLock)
    boto: boto3.Session | None = None
    clients: dict[tuple[str, str], Any] = attrs.field(factory=dict)
    pool: ThreadPoolExecutor | None = None


class Session:
    """An AWS account as one sees it with certain credentials; without any, boto3's default chain finds them.

    `client()` and `map()` may be called from any thread. `endpoint_url` goes before AWS_ENDPOINT_URL, which botocore
    honours by itself.

    may_send   asked before each request is sent, also before each retry; what it raises stops the request
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        endpoint_url: str | None = None,
        timeouts: Timeouts | None = None,
        may_send: Callable[[], None] | None = None,
    ) -> None:
        self.credentials = credentials
        self.endpoint_url = endpoint_url
        self.timeouts = timeouts or Timeouts()
        self.may_send = may_send
        self._made = Made()
        self._here = threading.local()
        self.hosts: Hosts | None = None

    def client(self, service: str, region: str | None = None) -> Any:
        """The client of a service in a region; of the session's own region when none is named."""
        key = (service, ONLY_IN.get(service) or region or self.region)
        found = self._made.clients.get(key)
        if found is not None:
            return found
        with self._made.lock:
            if key not in self._made.clients:
                self._made.clients[key] = self._new_client(*key)
            return self._made.clients[key]

    def beside(self, hosts: Hosts) -> Session:
        """The same session for somebody who knows other machines, too."""
        found = copy.copy(self)
        found.hosts = hosts
        return found

    def at(self, host: Host, name: str) -> Any:
        """A connection to one of these machines."""
        assert self.hosts is not None
        return self.hosts.at(host, name)

    @contextmanager
    def once(self) -> Iterator[None]:
        """Calls of this thread are tried once: whoever makes them looks what became of one before it is sent again."""
        self._here.once = True
        try:
            yield
        finally:
            self._here.once = False

    @property
    def region(self) -> str:
        """The region for what has none (IAM, listing buckets): as configured, else AWS's first."""
        return os.environ.get("AWS_REGION") or self._session().region_name or FIRST_REGION

    def usable(self) -> bool:
        """Whether there are credentials at all; whether AWS takes them only a call can tell."""
        return self._session().get_credentials() is not None

    def account(self) -> str:
        """The account's number."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """The function's results in the items' order, a few at a time side by side; it must not call map() itself."""
        waiting = list(items)
        if len(waiting) < 2:
            return map(function, waiting)
        with self._made.lock:
            if self._made.pool is None:
                self._made.pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="iasql-cloud")
        return self._made.pool.map(function, waiting)

    def close(self) -> None:
        """Closes every connection; the session cannot be used afterwards."""
        with self._made.lock:
            if self._made.pool is not None:
                self._made.pool.shutdown(wait=True, cancel_futures=True)
            for client in self._made.clients.values():
                client.close()
            self._made.clients.clear()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _new_client(self, service: str, region: str) -> Any:
        from botocore.config import Config

        config = Config(
            retries={"mode": "standard", "max_attempts": 5},
            connect_timeout=self.timeouts.connect,
            read_timeout=self.timeouts.read,
            max_pool_connections=2 * AT_ONCE,
            user_agent_extra="iasql",
        )
        made: Any = self._session()
        client = made.client(service, region_name=region, endpoint_url=self.endpoint_url, config=config)
        # botocore takes the first answer that is not None, and asks who has registered for the service before the
        # others: False is "do not try again"
        event = f"needs-retry.{client.meta.service_model.service_id.hyphenize()}"
        client.meta.events.register_first(event, lambda **_: False if self._is_once() else None)
        self._limit(client, threading.BoundedSemaphore(FEWER.get(service, AT_ONCE)))
        return client

    def _limit(self, client: Any, budget: threading.BoundedSemaphore) -> None:
        """Sends only what may be sent, and so many requests at a time; waiters and pages count as well."""

        def sends(**_: Any) -> None:
            if self.may_send is not None:
                self.may_send()
            budget.acquire()
            self._here.sending = True

        def received(**_: Any) -> None:
            if getattr(self._here, "sending", False):
                self._here.sending = False
                budget.release()

        client.meta.events.register("before-send", sends)
        client.meta.events.register("response-received", received)

    def _is_once(self) -> bool:
        return bool(getattr(self._here, "once", False))

    def _session(self) -> boto3.Session:
        with self._made.lock:
            if self._made.boto is None:
                self._made.boto = self._sign_in()
            return self._made.boto

    def _sign_in(self) -> boto3.Session:
        import boto3
        import botocore.session

        given = self.credentials or Credentials()
        core: Any = botocore.session.Session(profile=given.profile)
        core.register_component("data_loader", aws.loader())
        if given.access_key_id:
            core.set_credentials(given.access_key_id, given.secret_access_key, given.session_token)
        if given.role_arn:
            core._credentials = self._assumed(core, given)
        return boto3.Session(botocore_session=core)

    def _assumed(self, core: Any, given: Credentials) -> Any:
        """The credentials of an assumed role, taken anew whenever they are about to expire."""
        from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

        extra = {"RoleSessionName": "iasql"} | ({"ExternalId": given.external_id} if given.external_id else {})
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=core.create_client,
            source_credentials=core.get_credentials(),
            role_arn=given.role_arn or "",
            extra_args=extra,
        )
        return DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
