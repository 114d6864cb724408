"""An alarm over one metric: one operation writes all of it, new or not."""

from __future__ import annotations

from typing import Literal

from iasql.resource import Call, Json, Region, Resource, cloud_id, column, region, row

Comparison = Literal[
    "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "GreaterThanUpperThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "LessThanOrEqualToThreshold",
    "LessThanThreshold",
]  # fmt: skip
Unit = Literal[
    "Bits", "Bits/Second", "Bytes", "Bytes/Second", "Count", "Count/Second", "Gigabits", "Gigabits/Second",
    "Gigabytes", "Gigabytes/Second", "Kilobits", "Kilobits/Second", "Kilobytes", "Kilobytes/Second", "Megabits",
    "Megabits/Second", "Megabytes", "Megabytes/Second", "Microseconds", "Milliseconds", "None", "Percent", "Seconds",
    "Terabits", "Terabits/Second", "Terabytes", "Terabytes/Second",
]  # fmt: skip


@row
class MetricAlarm:
    """An alarm that changes state, and acts, when a metric crosses a threshold."""

    alarm_name: str = cloud_id()
    alarm_arn: str | None = column()
    alarm_description: str | None = column()
    actions_enabled: bool = column(default=True)
    alarm_actions: Json | None = column()
    comparison_operator: Comparison | None = column()
    datapoints_to_alarm: int | None = column()
    dimensions: Json | None = column()
    evaluate_low_sample_count_percentile: Literal["evaluate", "ignore"] | None = column()
    evaluation_periods: int | None = column()
    extended_statistic: str | None = column()
    insufficient_data_actions: Json | None = column()
    metric_name: str | None = column()
    metrics: Json | None = column()
    namespace: str | None = column()
    ok_actions: Json | None = column()
    period: int | None = column()
    statistic: Literal["Average", "Maximum", "Minimum", "SampleCount", "Sum"] | None = column()
    threshold: float | None = column()
    threshold_metric_id: str | None = column()
    treat_missing_data: Literal["breaching", "notBreaching", "ignore", "missing"] | None = column()
    unit: Unit | None = column()
    region: Region = region()


METRIC_ALARM = Resource(
    MetricAlarm,
    service="cloudwatch",
    shape="MetricAlarm",
    unique=(("alarm_name", "region"),),
    list=Call("DescribeAlarms", "MetricAlarms", by={"alarm_name": "AlarmNames"}),
    create=Call("PutMetricAlarm"),
    update=Call("PutMetricAlarm"),
    delete=Call("DeleteAlarms", AlarmNames=["$alarm_name"]),
)
