"""A listener: the port of a load balancer by which requests for one target group come in."""

from __future__ import annotations

from typing import Literal

from iasql.modules.aws_elb.elb_tags import elb_tags
from iasql.resource import Call, Region, Resource, Tags, cloud_id, column, ref, region, row


@row
class Listener:
    """A port of a load balancer, and the target group that its requests go to."""

    listener_arn: str | None = cloud_id()
    port: int = column(between=(1, 65535))
    protocol: Literal["GENEVE", "HTTP", "HTTPS", "TCP", "TCP_UDP", "TLS", "UDP"] = column()
    action_type: Literal["forward"] = column(default="forward", path="DefaultActions[0].Type")
    ssl_policy: str | None = column(comment="Null: what AWS decides, where there is a certificate.")
    load_balancer_id: int = ref("load_balancer", member="LoadBalancerArn", with_region=False)
    target_group_id: int = ref("target_group", path="DefaultActions[0].TargetGroupArn", with_region=False)
    certificate_id: int | None = ref(
        "certificate", path="Certificates[0].CertificateArn", with_region=False,
        comment="What it presents to those who ask by HTTPS or TLS.",
    )  # fmt: skip
    tags: Tags | None = column()
    region: Region = region(follows="load_balancer_id")


WHERE = {
    "DefaultActions": [{"Type": "$action_type", "TargetGroupArn": "$target_group_id"}],
    "Certificates": [{"CertificateArn": "$certificate_id"}],
}

LISTENER = Resource(
    Listener,
    service="elbv2",
    shape="Listener",
    says=WHERE,
    unique=(("load_balancer_id", "port"),),
    per="load_balancer",
    per_column="load_balancer_arn",
    list=Call("DescribeListeners", "Listeners[?DefaultActions[0].TargetGroupArn]", by={"listener_arn": "ListenerArns"}),
    create=Call("CreateListener", "Listeners[0]"),
    update=Call("ModifyListener"),
    delete=Call("DeleteListener"),
    absent=("ListenerNotFound", "LoadBalancerNotFound"),
    exists="DuplicateListener",
    at_once=20,
    # A port has one listener at a time.
    replace_order="delete_first",
    aspects=(elb_tags("listener_arn"),),
)
