"""One declared verb, asked of AWS: arguments bound, pages joined, the answer found by its path, errors judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeAlias

import attrs
import jmespath

from iasql.cloud.session import Session
from iasql.cloud.verdict import CloudFailure, scrub, verdict
from iasql.errors import HostError
from iasql.resource import Call, Either, Resource, Until, Verb
from iasql.resource import service as aws

Journal: TypeAlias = Callable[[str, str, float], None]
"""`journal(operation, request_id, seconds)`, told of every call that changes something, also of one that failed."""


@attrs.frozen(kw_only=True)
class Caller:
    """Who asks: the session, the resource whose calls these are, the region, and who is told of each change."""

    session: Session
    resource: Resource
    region: str | None
    journal: Journal | None = None
    once: bool = False
    """Whether calls that change something are tried once: who writes looks what became of one before the next try."""

    def ask(self, verb: Verb, values: Mapping[str, Any], *, narrow: bool = False) -> Any:
        """The answer of a verb for values in AWS's domain; CloudFailure when AWS refuses.

        narrow   bind only what names the row, and what the call's own arguments say
        """
        if isinstance(verb, Either):
            verb = verb.chosen(values)
        if isinstance(verb, Call):
            return jmespath.search(
                verb.path, self.tell(verb, self.resource.arguments(verb, values, narrow=narrow), values)
            )
        with self._judged(verb, values), self._tries(verb):
            answer = verb(self.client(values), values)
            return list(answer) if isinstance(answer, Iterator) else answer

    def tell(self, call: Call, arguments: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
        """The whole answer of a call whose arguments are bound already; values say where to, and what is secret."""
        with self._judged(call, values), self._tries(call):
            return self.send(self.client(values), call.operation, arguments)

    def pages(self, call: Call, values: Mapping[str, Any]) -> Iterator[Any]:
        """The answer of a list call page by page, each asked for when it is wanted."""
        method = aws.snake(call.operation)
        with self._judged(call, values):
            client = self.client(values)
            arguments = self.resource.arguments(call, values)
            if not client.can_paginate(method):
                yield jmespath.search(call.path, getattr(client, method)(**arguments))
                return
            for page in client.get_paginator(method).paginate(**arguments):
                yield jmespath.search(call.path, page)

    def send(self, client: Any, operation: str, arguments: Mapping[str, Any]) -> Any:
        """The whole answer of an operation, all its pages joined."""
        method = aws.snake(operation)
        if client.can_paginate(method):
            return client.get_paginator(method).paginate(**arguments).build_full_result()
        return getattr(client, method)(**arguments)

    def narrow(self, listing: Call, by: str, values: list[Any]) -> Iterator[Any]:
        """What a list call tells of rows that have one of these values in its `by` column, one answer a call."""
        fixed = self.resource.arguments(listing, {})
        for narrow in narrowed(self.service, listing.operation, listing.by[by], values):
            joined = fixed | {m: [*fixed.get(m, ()), *v] if isinstance(v, list) else v for m, v in narrow.items()}
            yield self.ask(Call(listing.operation, listing.path, **joined), {}, narrow=True)

    def wait(self, waiter: str | Until, values: Mapping[str, Any]) -> None:
        """Comes back when the waiter's state is reached; CloudFailure not_yet when it takes too long."""
        if isinstance(waiter, Until):
            self._wait_until(waiter, values)
            return
        operation = aws.waiter_operation(self.service, waiter)
        arguments = self._waited_for(operation, values)
        with self._judged(Call(operation), values):
            found = self._client(values).get_waiter(aws.snake(waiter))
            found.wait(**arguments, WaiterConfig={"Delay": min(found.config.delay, 5), "MaxAttempts": 180})

    @property
    def service(self) -> str:
        assert self.resource.service is not None
        return self.resource.service

    def client(self, values: Mapping[str, Any]) -> Any:
        """The client for a row: of its own region where rows of all regions are listed at once, or of its machine."""
        if self.resource.host is not None:
            return self.session.at(self.resource.host, values[self.resource.host_column])
        return self._watched(self._client(values))

    def _watched(self, client: Any) -> Watched:
        return Watched(
            client,
            self.journal,
            lambda region, service=None: self._watched(self.session.client(service or self.service, region)),
        )

    def _client(self, values: Mapping[str, Any]) -> Any:
        return self.session.client(self.service, self._place(values))

    def _place(self, values: Mapping[str, Any]) -> str | None:
        # in the table of regions itself a region is a name, not a place
        return self.region or (None if "region" in self.resource.primary_key else values.get("region"))

    def _tries(self, verb: Verb) -> AbstractContextManager[None]:
        reads = isinstance(verb, Call) and aws.snake(verb.operation).startswith(aws.READS)
        return self.session.once() if self.once and not reads else nullcontext()

    @contextmanager
    def _judged(self, verb: Verb, values: Mapping[str, Any]) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        operation = verb.operation if isinstance(verb, Call) else getattr(verb, "__name__", None)
        try:
            yield
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            # not `from error`: botocore's own text may repeat a secret, and a traceback would print it
            raise scrub(verdict(error, self.resource, operation), self._secrets(values)) from None
        except HostError as error:
            raise scrub(verdict(error, self.resource, operation), self._secrets(values)) from error

    def _secrets(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(text for name in self.resource.masked for text in _texts(values.get(name)))

    def _waited_for(self, operation: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments that make a waiter look at one row: by name, or the id in a list (VpcIds=[vpc_id])."""
        listed = self.resource.list
        if isinstance(listed, Call) and listed.operation == operation and listed.by:
            column, where = next(iter(listed.by.items()))
            return next(narrowed(self.service, operation, where, [values[column]]))
        return self.resource.arguments(Call(operation), values, narrow=True)

    def _wait_until(self, until: Until, values: Mapping[str, Any]) -> None:
        for attempt in range(until.attempts):
            if attempt:
                time.sleep(until.delay)
            try:
                answer = self.ask(until.call, values, narrow=True)
            except CloudFailure as failure:
                if failure.code in until.absent:
                    return
                raise
            if jmespath.search(until.holds, answer):
                return
        raise CloudFailure(
            "not_yet", code="Timeout", text=f"{until.holds} did not come true", operation=until.call.operation
        )


def narrowed(service: str, operation: str, where: str, values: list[Any]) -> Iterator[dict[str, Any]]:
    """The arguments that make a list call read only some rows, of one call or, where a member takes one, of several.

    where   a filter ("Filters:vpc-id"), or a member that takes a list ("AlarmNames"), or one value ("logGroupName")
    """
    member, _, name = where.partition(":")
    if name:
        yield {member: [{"Name": name, "Values": values}]}
    elif aws.members(service, operation)[member].type_name == "list":
        yield {member: values}
    else:
        yield from ({member: value} for value in values)


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for part in value.values() for text in _texts(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in _texts(part))


class Watched:
    """A client that tells the journal of every call that changes something.

    elsewhere   the client of another region, or of another service there, for a hand-written verb that has something
                to do there: `elsewhere(region)`, `elsewhere(region, "ec2")`
    """

    def __init__(self, client: Any, journal: Journal | None, elsewhere: Callable[..., Watched]) -> None:
        self._client = client
        self._journal = journal
        self.elsewhere = elsewhere

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        operation = self._client.meta.method_to_api_mapping.get(name)
        if self._journal is None or operation is None or name.startswith(aws.READS):
            return found
        return self._told(found, operation, self._journal)

    @staticmethod
    def _told(method: Callable[..., Any], operation: str, journal: Journal) -> Callable[..., Any]:
        from botocore.exceptions import ClientError

        def call(**arguments: Any) -> Any:
            started, answer = time.monotonic(), {}
            try:
                answer = method(**arguments)
                return answer
            except ClientError as error:
                answer = dict(error.response)
                raise
            finally:
                about = answer.get("ResponseMetadata", {})
                journal(operation, str(about.get("RequestId", "")), time.monotonic() - started)

        return call
