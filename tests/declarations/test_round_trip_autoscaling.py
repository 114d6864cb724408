"""Launch templates and Auto Scaling groups against a stand-in of AWS."""

from __future__ import annotations

import pytest

from iasql.resource import Image
from tests.declarations.stand_in import HERE, THERE, Cloud, agrees

AMI = "ami-1e749f67"
ZONES = {HERE: "us-east-1a", THERE: "eu-west-1a"}


def template(cloud: Cloud, region: str = HERE) -> Image:
    return cloud.create("launch_template", region, launch_template_name="web", user_data="echo hällo",
                        data={"ImageId": AMI, "InstanceType": "t3.micro"})  # fmt: skip


@pytest.mark.parametrize("region", [HERE, THERE])
def test_launch_template(cloud: Cloud, region: str) -> None:
    row = template(cloud, region)
    assert agrees(row, launch_template_name="web", user_data="echo hällo", default_version_number=1,
                  data={"ImageId": AMI, "InstanceType": "t3.micro"})  # fmt: skip
    row = cloud.update("launch_template", row, region, data={"ImageId": AMI, "InstanceType": "t3.small"})
    assert agrees(row, user_data="echo hällo", default_version_number=2, latest_version_number=2,
                  data={"ImageId": AMI, "InstanceType": "t3.small"})  # fmt: skip
    row = cloud.update("launch_template", row, region, user_data=None)
    assert agrees(row, user_data=None, default_version_number=3)
    cloud.delete("launch_template", row, region)


@pytest.mark.parametrize("region", [HERE, THERE])
def test_auto_scaling_group(cloud: Cloud, region: str) -> None:
    made = template(cloud, region)["launch_template_id"]
    vpc = cloud.create("vpc", region, cidr_block="10.1.0.0/16")["vpc_id"]
    one, two = (
        cloud.create("subnet", region, vpc_id=vpc, cidr_block=f"10.1.{n}.0/24", availability_zone=ZONES[region])
        for n in (1, 2)
    )
    group = cloud.create("target_group", region, target_group_name="g", target_type="instance", protocol="HTTP",
                         port=80, vpc=vpc)["target_group_arn"]  # fmt: skip
    row = cloud.create("auto_scaling_group", region, auto_scaling_group_name="web", launch_template_id=made,
                       launch_template_version="$Latest", min_size=1, max_size=2, subnets=[one["subnet_id"]],
                       target_group_arns=[group], tags={"a": "1"})  # fmt: skip
    assert agrees(row, launch_template_id=made, launch_template_version="$Latest", min_size=1, desired_capacity=1,
                  subnets=[one["subnet_id"]], target_group_arns=[group], tags={"a": "1"},
                  availability_zones=[ZONES[region]], region=region)  # fmt: skip
    row = cloud.update("auto_scaling_group", row, region, desired_capacity=2, subnets=[two["subnet_id"]],
                       target_group_arns=None, tags={"b": "2"})  # fmt: skip
    assert agrees(row, desired_capacity=2, subnets=[two["subnet_id"]], target_group_arns=None, tags={"b": "2"})
    cloud.delete("auto_scaling_group", row, region)
