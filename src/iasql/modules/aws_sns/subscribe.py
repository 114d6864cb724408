"""subscribe, confirm_subscription and unsubscribe: subscriptions with attributes that no row has.

Each gives one row: OK, or KO with what AWS said. The rows of `subscription` come with the refresh that follows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from iasql.errors import InvalidArgument
from iasql.resource import Argument, Function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = dict[str, Any]
REGION = Argument("region", "text", "null")
ARN = (("arn", "text"), ("status", "text"), ("error", "text"))


def subscribe(
    context: Any,
    *,
    topic_arn: str | None,
    endpoint: str | None,
    protocol: str | None,
    attributes: str | None,
    region: str | None,
) -> Iterator[Row]:
    """One row with the subscription's ARN, or what AWS tells instead while it waits for its confirmation."""
    need("subscribe", topic_arn=topic_arn, endpoint=endpoint, protocol=protocol)
    said = {"TopicArn": topic_arn, "Endpoint": endpoint, "Protocol": protocol}
    more = parsed(attributes)
    sns = client(context, str(topic_arn), region)
    yield from with_arn(lambda: sns.subscribe(**said, **({"Attributes": more} if more else {})))


def confirm(context: Any, *, topic_arn: str | None, token: str | None, region: str | None) -> Iterator[Row]:
    """One row with the ARN that the subscription has from now on."""
    need("confirm_subscription", topic_arn=topic_arn, token=token)
    sns = client(context, str(topic_arn), region)
    yield from with_arn(lambda: sns.confirm_subscription(TopicArn=topic_arn, Token=token))


def unsubscribe(context: Any, *, subscription_arn: str | None, region: str | None) -> Iterator[Row]:
    """One row that says whether it worked."""
    need("unsubscribe", subscription_arn=subscription_arn)
    sns = client(context, str(subscription_arn), region)
    for told in with_arn(lambda: sns.unsubscribe(SubscriptionArn=subscription_arn)):
        yield {"status": told["status"], "error": told["error"]}


def need(function: str, **given: str | None) -> None:
    """Raises InvalidArgument, naming what has no value."""
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise InvalidArgument(f"{function} needs a value for {', '.join(missing)}")


def parsed(attributes: str | None) -> dict[str, str]:
    """The attributes of a subscription, as texts; objects in it (a filter policy) may be written as such."""
    try:
        found = json.loads(attributes) if attributes else {}
    except ValueError as error:
        raise InvalidArgument(f"subscribe: the attributes are no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidArgument('subscribe: the attributes are a JSON object, such as {"RawMessageDelivery": "true"}')
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in found.items()}


def client(context: Any, arn: str, region: str | None) -> Any:
    """A client of the region that is named, else of the one in the ARN."""
    parts = arn.split(":")
    return context.client("sns", region or (parts[3] if len(parts) > 3 and parts[3] else context.default_region))


def with_arn(call: Callable[[], Any]) -> Iterator[Row]:
    """One row of what a call gave: its ARN, or why it failed."""
    try:
        answer = call() or {}
    except (ClientError, BotoCoreError) as error:
        yield {"arn": None, "status": "KO", "error": str(error)}
        return
    yield {"arn": answer.get("SubscriptionArn"), "status": "OK", "error": None}


SUBSCRIBE = Function(
    name="subscribe",
    arguments=(
        Argument("topic_arn", "text", "null"),
        Argument("endpoint", "text", "null"),
        Argument("protocol", "text", "null"),
        Argument("attributes", "text", "null"),
        REGION,
    ),
    returns=ARN,
    run=subscribe,
    mutates=True,
    refreshes=("subscription",),
    comment="Subscribes an endpoint to a topic; status OK, or KO with what AWS said.",
    sample="select * from subscribe('arn:aws:sns:us-east-1:123456789012:news', 'ann@example.com', 'email')",
)
CONFIRM_SUBSCRIPTION = Function(
    name="confirm_subscription",
    arguments=(Argument("topic_arn", "text", "null"), Argument("token", "text", "null"), REGION),
    returns=ARN,
    run=confirm,
    mutates=True,
    refreshes=("subscription",),
    comment="Confirms a subscription with the token that its endpoint was sent.",
    sample="select * from confirm_subscription('arn:aws:sns:us-east-1:123456789012:news', '2336412f37')",
)
UNSUBSCRIBE = Function(
    name="unsubscribe",
    arguments=(Argument("subscription_arn", "text", "null"), REGION),
    returns=(("status", "text"), ("error", "text")),
    run=unsubscribe,
    mutates=True,
    refreshes=("subscription",),
    comment="Ends a subscription; status OK, or KO with what AWS said.",
    sample="select * from unsubscribe('arn:aws:sns:us-east-1:123456789012:news:8da2a7df-d4e8-4072-be9d-f43c539e7374')",
)
