"""Groups of instances that come and go by need, as a user types them."""

from __future__ import annotations

from tests.acceptance.conftest import Sql, Stack, look_at_one_region

GROUP = """
    insert into launch_template (launch_template_name, data)
    values ('web', '{"ImageId": "ami-1e749f67", "InstanceType": "t3.micro"}');
    insert into auto_scaling_group
      (auto_scaling_group_name, launch_template_id, max_size, desired_capacity, subnets, tags)
    select 'web', t.id, 3, 1, array[s.subnet_id], '{"a": "1"}'
    from launch_template t, subnet s where s.default_for_az and s.availability_zone = 'us-east-1a'
"""


def test_groups_come_change_and_go(sql: Sql, stack: Stack) -> None:
    look_at_one_region(sql, "aws_autoscaling")
    scaling, ec2 = stack.client("autoscaling"), stack.client("ec2")

    def previewed() -> list[tuple[str, str]]:
        return sorted((row["action"], row["table_name"]) for row in sql("select * from iasql_preview()"))

    sql("select * from iasql_begin()")
    for statement in GROUP.split(";"):
        sql(statement)
    assert previewed() == [("create", "auto_scaling_group"), ("create", "launch_template")]
    sql("select * from iasql_commit()")
    (group,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert (group["MaxSize"], len(group["Instances"])) == (3, 1)
    row = sql.one("select auto_scaling_group_arn, min_size, availability_zones from auto_scaling_group")
    assert row == {
        "auto_scaling_group_arn": group["AutoScalingGroupARN"], "min_size": 0, "availability_zones": ["us-east-1a"],
    }  # fmt: skip

    # another version of the template, which the next instances are made after; and one instance more
    sql("select * from iasql_begin()")
    sql('update launch_template set data = data || \'{"InstanceType": "t3.small"}\'')
    sql('update auto_scaling_group set desired_capacity = 2, tags = \'{"b": "2"}\'')
    assert previewed() == [("update", "auto_scaling_group"), ("update", "launch_template")]
    sql("select * from iasql_commit()")
    assert sql.one("select default_version_number n from launch_template") == {"n": 2}
    (group,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert (len(group["Instances"]), [tag["Key"] for tag in group["Tags"]]) == (2, ["b"])

    # somebody else wants more
    scaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=3)
    sql("select * from iasql_refresh(array['auto_scaling_group'])")
    assert sql.one("select desired_capacity n from auto_scaling_group") == {"n": 3}

    # another name is another group
    sql("select * from iasql_begin()")
    sql("update auto_scaling_group set auto_scaling_group_name = 'shop', desired_capacity = 1")
    assert previewed() == [("replace", "auto_scaling_group")]
    sql("select * from iasql_rollback()")
    assert sql.one("select auto_scaling_group_name name from auto_scaling_group") == {"name": "web"}
    sql("select * from iasql_begin()")
    sql("update auto_scaling_group set auto_scaling_group_name = 'shop', desired_capacity = 1")
    sql("select * from iasql_commit()")
    (group,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert (group["AutoScalingGroupName"], len(group["Instances"])) == ("shop", 1)

    sql("select * from iasql_begin()")
    sql("delete from auto_scaling_group")
    sql("delete from launch_template")
    sql("select * from iasql_commit()")
    assert scaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert ec2.describe_launch_templates()["LaunchTemplates"] == []
