"""Amazon CloudWatch: log groups and metric alarms."""

from __future__ import annotations

from iasql.modules.aws_cloudwatch.log_group import LOG_GROUP
from iasql.modules.aws_cloudwatch.metric_alarm import METRIC_ALARM
from iasql.modules.aws_cloudwatch.tail import LOG_GROUP_TAIL
from iasql.resource import Module

MODULE = Module(
    name="aws_cloudwatch",
    dependencies=("aws_account",),
    resources=(LOG_GROUP, METRIC_ALARM),
    functions=(LOG_GROUP_TAIL,),
    comment="CloudWatch log groups and metric alarms.",
)
