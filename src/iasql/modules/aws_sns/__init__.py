"""Amazon SNS: topics, and who is told what is published there."""

from __future__ import annotations

from iasql.modules.aws_sns.subscribe import CONFIRM_SUBSCRIPTION, SUBSCRIBE, UNSUBSCRIBE
from iasql.modules.aws_sns.subscription import SUBSCRIPTION
from iasql.modules.aws_sns.topic import TOPIC
from iasql.resource import Module

MODULE = Module(
    name="aws_sns",
    dependencies=("aws_account",),
    resources=(TOPIC, SUBSCRIPTION),
    functions=(SUBSCRIBE, CONFIRM_SUBSCRIPTION, UNSUBSCRIBE),
    comment="SNS topics and their subscriptions.",
)
