"""An instance: made with its groups, volumes and role by one call; started, stopped and changed in place after that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from iasql.modules.aws_ec2.device import device
from iasql.modules.aws_ec2.existing import EXISTING
from iasql.modules.aws_ec2.instance_role import put_role, read_role
from iasql.resource import (
    Aspect,
    Call,
    Encoded,
    Precondition,
    Region,
    Resource,
    Tags,
    cloud_id,
    column,
    computed,
    ec2_tags,
    ref,
    region,
    row,
    takes,
)

STATES = {"pending": "running", "running": "running", "stopping": "stopped", "stopped": "stopped"}


def state(instance: Mapping[str, Any]) -> str | None:
    """Where the instance is, or is going to be soon."""
    return STATES.get(instance.get("State", {}).get("Name", ""))


def hibernates(instance: Mapping[str, Any]) -> bool | None:
    """Whether it was made to be hibernated; of most instances AWS says nothing about that."""
    return bool(instance.get("HibernationOptions", {}).get("Configured")) if "InstanceId" in instance else None


@row
class Instance:
    """A virtual machine."""

    instance_id: str | None = cloud_id()
    ami: str = column(
        member="ImageId",
        comment="Its machine image: an id, or resolve:ssm: and the name of a parameter that holds one.",
    )
    instance_type: str = column(why="EC2 changes it in place while the instance is stopped")
    key_pair_name: str | None = column(member="KeyName")
    state: Literal["running", "stopped", "hibernate"] = column(
        default="running", path=state, why="StartInstances and StopInstances change it"
    )
    user_data: Encoded | None = column(
        masked=True,
        why="an instance runs it when it is made, and never again",
        comment="What it runs when it first starts.",
    )
    tags: Tags | None = column()
    hibernation_enabled: bool = column(default=False, path=hibernates)
    region: Region = region()
    role_name: str | None = ref("iam_role", column="role_name", comment="The role that programs on it have.")
    subnet_id: int | None = ref("subnet", comment="Null: AWS takes one of the default VPC.")
    instance_profile_arn: str | None = computed(path="IamInstanceProfile.Arn", comment="What carries its role.")


@takes("instance_id", "state")
def put_state(ec2: Any, instance: Mapping[str, Any]) -> None:
    """Starts, stops or hibernates it, and waits; hibernated, it is stopped."""
    which, wanted = [instance["instance_id"]], instance["state"]
    (found,) = (i for r in ec2.describe_instances(InstanceIds=which)["Reservations"] for i in r["Instances"])
    if state(found) == wanted:
        return
    if wanted == "running":
        ec2.start_instances(InstanceIds=which)
    elif state(found) != "stopped":
        ec2.stop_instances(InstanceIds=which, Hibernate=wanted == "hibernate")
    waiter = "instance_running" if wanted == "running" else "instance_stopped"
    ec2.get_waiter(waiter).wait(InstanceIds=which, WaiterConfig={"Delay": 5, "MaxAttempts": 120})


@takes("ami", "instance_type", "key_pair_name", "user_data", "tags", "hibernation_enabled", "role_name", "subnet_id")
def create(ec2: Any, instance: Mapping[str, Any]) -> Any:
    """Makes the instance with its groups, devices and role in one call."""
    groups = [member["security_group_id"] for member in instance.get("$instance_security_groups", ())]
    told = {
        "KeyName": instance.get("key_pair_name"),
        "UserData": instance.get("user_data"),
        "SubnetId": instance.get("subnet_id"),
        "SecurityGroupIds": groups,
        "BlockDeviceMappings": [device(row) for row in instance.get("$instance_block_device_mapping", ())],
        "IamInstanceProfile": {"Name": instance["role_name"]} if instance.get("role_name") else None,
        "HibernationOptions": {"Configured": True} if instance.get("hibernation_enabled") else None,
        "TagSpecifications": [{"ResourceType": "instance", "Tags": instance["tags"]}] if instance.get("tags") else None,
    }
    return ec2.run_instances(
        ImageId=instance["ami"],
        InstanceType=instance["instance_type"],
        MinCount=1,
        MaxCount=1,
        ClientToken=instance["token"],
        **{member: value for member, value in told.items() if value},
    )["Instances"][0]


ONE = ["$instance_id"]

INSTANCE = Resource(
    Instance,
    service="ec2",
    shape="Instance",
    unique_if_set=(("instance_id", "region"),),
    list=Call("DescribeInstances", EXISTING, by={"instance_id": "Filters:instance-id"}),
    create=create,
    repeatable=True,
    delete=Call("TerminateInstances", InstanceIds=ONE),
    wait="InstanceRunning",
    gone="InstanceTerminated",
    absent=("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"),
    # IAM tells EC2 of a new instance profile only after a while.
    not_yet="InvalidParameterValue: iamInstanceProfile",
    preconditions={
        "stopped": Precondition("state == 'stopped'", enter=Call("StopInstances", InstanceIds=ONE),
                                entered="InstanceStopped", leave=Call("StartInstances", InstanceIds=ONE),
                                left="InstanceRunning"),
    },
    holds_data="what is on its instance store",
    aspects=(
        Aspect("state", put=put_state),
        Aspect("instance_type", while_="stopped", put=Call(
            "ModifyInstanceAttribute", InstanceType={"Value": "$instance_type"}, UserData=None)),
        Aspect("user_data", Call("DescribeInstanceAttribute", "UserData.Value", Attribute="userData")),
        Aspect("role_name", read_role, put=put_role, clear=put_role),
        ec2_tags("instance", "instance_id"),
    ),
)  # fmt: skip
