"""A subscription to a topic. Who is asked by it must say yes before AWS gives it an ARN."""

from __future__ import annotations

from iasql.resource import Call, Image, Region, Resource, column, computed, ref, region, row

PENDING = "PendingConfirmation"


@row
class Subscription:
    """An endpoint that is told what is published to a topic."""

    endpoint: str = column(length=(1, 2048))
    region: Region = region(why="CloudFormation's is the region of a topic elsewhere")
    protocol: str = column(
        pattern="application|email|email-json|firehose|http|https|lambda|sms|sqs",
        allowed="one of application, email, email-json, firehose, http, https, lambda, sms and sqs",
    )
    arn: str | None = computed(
        member="SubscriptionArn", comment="PendingConfirmation until the endpoint's owner has confirmed."
    )
    topic: str | None = ref(
        "topic", column="arn", member="TopicArn", role="replace", on_delete="cascade", with_region=False,
        comment="The ARN of the topic.",
    )  # fmt: skip


def stays(subscription: Image) -> str | None:
    """AWS has no way to withdraw what nobody answered."""
    unanswered = subscription.get("arn") == PENDING
    return "it waits for its confirmation; AWS drops it after 48 hours without one" if unanswered else None


SUBSCRIPTION = Resource(
    Subscription,
    service="sns",
    shape="Subscription",
    cloud_id=("topic", "protocol", "endpoint"),
    unique=(("topic", "protocol", "endpoint"),),
    per="topic",
    list=Call("ListSubscriptionsByTopic", "Subscriptions[?SubscriptionArn != 'Deleted']"),
    create=Call("Subscribe", ReturnSubscriptionArn=True),  # its ARN, confirmed or not: a failed commit takes it back
    delete=Call("Unsubscribe", SubscriptionArn="$arn"),
    absent=("NotFound", "NotFoundException"),
    stays=stays,
)
