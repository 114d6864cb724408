"""What is sent to AWS for several rows that one call changes, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import pytest

from iasql.cloud import joint
from iasql.cloud.verdict import CloudFailure
from iasql.engine.batch import batches
from iasql.engine.job import Done, Job
from iasql.modules import discover
from iasql.plan.order import Task
from iasql.plan.plan import Step
from iasql.resource import Image, Joint, Resource
from tests.unit.cloud.canned import Canned

RESOURCES = {r.table: r for module in discover().values() for r in module.resources}
GROUP, RULE, RECORD = RESOURCES["security_group"], RESOURCES["security_group_rule"], RESOURCES["resource_record_set"]


def rule(port: int, group: str = "sg-1", **more: Any) -> Image:
    return {
        "is_egress": False, "ip_protocol": "tcp", "from_port": port, "to_port": port, "cidr_ipv4": "10.0.0.0/8",
        "region": "us-east-1", "security_group_id": group, **more,
    }  # fmt: skip


def told(port: int) -> dict[str, Any]:
    return {
        "SecurityGroupRuleId": f"sgr-{port}", "GroupId": "sg-1", "IsEgress": False, "IpProtocol": "tcp",
        "FromPort": port, "ToPort": port, "CidrIpv4": "10.0.0.0/8",
    }  # fmt: skip


def job(resource: Resource, verb: str, image: Image, before: Image | None = None, columns: Iterable[str] = ()) -> Job:
    action = {"create": "create", "update": "update", "delete": "delete"}[verb]
    after = None if verb == "delete" else image
    before = image if verb == "delete" else before
    step = Step(action=action, side="cloud", resource=resource, key={"id": 1}, before=before, after=after)
    task = Task(verb=verb, step=step, columns=frozenset(columns))
    return Job(task=task, region=image.get("region"), before=before, after=after, token=str(image))


def carry_out(session: Canned, jobs: list[Job]) -> dict[int, Done | CloudFailure]:
    return dict(each for batch in batches(session, jobs) for each in batch.attempt(session))


def answers(results: Mapping[int, Done | CloudFailure]) -> list[Any]:
    return [getattr(results[n], "answer", results[n]) for n in sorted(results)]


def test_rules_of_one_group_are_one_call_whatever_the_order_of_the_answer() -> None:
    session = Canned(AuthorizeSecurityGroupIngress={"SecurityGroupRules": [told(80), told(22), told(443)]})
    results = carry_out(session, [job(RULE, "create", rule(port)) for port in (22, 80, 443)])
    (sent,) = session.sent("AuthorizeSecurityGroupIngress")
    assert [each["FromPort"] for each in sent["IpPermissions"]] == [22, 80, 443]
    assert session.operations == ["AuthorizeSecurityGroupIngress"]
    assert [made["security_group_rule_id"] for made in answers(results)] == ["sgr-22", "sgr-80", "sgr-443"]
    assert {done.requests[0][0] for done in results.values() if isinstance(done, Done)} == {sent_name(session)}


def sent_name(session: Canned) -> str:
    return session.operations[0]


def test_rules_of_different_groups_and_directions_are_calls_of_their_own() -> None:
    session = Canned()
    rules = [rule(1), rule(1, "sg-2"), rule(1, is_egress=True)]
    assert len(batches(session, [job(RULE, "create", each) for each in rules])) == 3


def test_a_row_that_the_answer_does_not_tell_is_read() -> None:
    session = Canned(
        AuthorizeSecurityGroupIngress={"SecurityGroupRules": [told(80)]},
        DescribeSecurityGroupRules={"SecurityGroupRules": [told(22), told(80)]},
    )
    results = carry_out(session, [job(RULE, "create", rule(port)) for port in (22, 80)])
    assert [made["security_group_rule_id"] for made in answers(results)] == ["sgr-22", "sgr-80"]


def test_a_row_that_nothing_tells_is_unheard() -> None:
    session = Canned(AuthorizeSecurityGroupIngress={"SecurityGroupRules": [told(80)]})
    lost, made = answers(carry_out(session, [job(RULE, "create", rule(port)) for port in (22, 80)]))
    assert lost.kind == "unknown"
    assert made["security_group_rule_id"] == "sgr-80"


def test_a_refusal_of_several_is_told_of_the_one_that_is_wrong() -> None:
    def answer(sent: Mapping[str, Any]) -> Any:
        ports = [each["FromPort"] for each in sent["IpPermissions"]]
        return "InvalidParameterValue" if 80 in ports else {"SecurityGroupRules": [told(port) for port in ports]}

    session = Canned(AuthorizeSecurityGroupIngress=answer)
    results = answers(carry_out(session, [job(RULE, "create", rule(port)) for port in (22, 80, 443)]))
    assert [isinstance(each, CloudFailure) for each in results] == [False, True, False]
    assert len(session.calls) == 4


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "DependencyViolation"])
def test_what_may_come_true_later_is_not_tried_one_by_one(code: str) -> None:
    session = Canned(RevokeSecurityGroupIngress=code)
    rules = [rule(port, security_group_rule_id=f"sgr-{port}") for port in (22, 80)]
    results = carry_out(session, [job(RULE, "delete", each) for each in rules])
    assert all(isinstance(each, CloudFailure) for each in results.values())
    assert session.sent("RevokeSecurityGroupIngress") == [
        {"GroupId": "sg-1", "SecurityGroupRuleIds": ["sgr-22", "sgr-80"]}
    ]


def test_what_is_tagged_alike_is_tagged_by_one_call() -> None:
    session = Canned()
    had = [{"group_id": f"sg-{n}", "region": "us-east-1", "tags": {"old": "1"} if n < 2 else {}} for n in range(4)]
    jobs = [job(GROUP, "update", {**each, "tags": {"a": "b"}}, each, ["tags"]) for each in had]
    made = answers(carry_out(session, jobs))
    assert [each["tags"] for each in made] == [{"a": "b"}] * 4
    tag, gone = [{"Key": "a", "Value": "b"}], [{"Key": "old"}]
    assert sorted(session.calls, key=str) == [
        ("CreateTags", {"Resources": ["sg-0", "sg-1"], "Tags": tag}),
        ("CreateTags", {"Resources": ["sg-2", "sg-3"], "Tags": tag}),
        ("DeleteTags", {"Resources": ["sg-0", "sg-1"], "Tags": gone}),
    ]


def test_no_call_takes_more_than_it_may() -> None:
    images = [{"group_id": f"sg-{n}", "region": "us-east-1"} for n in range(501)]
    jobs = [job(GROUP, "update", {**each, "tags": {"a": "b"}}, each, ["tags"]) for each in images]
    assert sorted(len(batch.jobs) for batch in batches(Canned(), jobs)) == [1, 500]


def test_what_was_tried_before_is_tried_by_itself() -> None:
    jobs = [attrs.evolve(job(RULE, "create", rule(port)), unheard=1) for port in (22, 80)]
    assert [len(batch.jobs) for batch in batches(Canned(), jobs)] == [1, 1]


def test_records_of_one_zone_are_one_batch() -> None:
    session = Canned()
    records = [
        {"name": f"{n}.example.com.", "record_type": "A", "set_id": "", "record": "10.0.0.1", "ttl": 60,
         "parent_hosted_zone_id": "/hostedzone/Z1"}
        for n in range(3)
    ]  # fmt: skip
    made = answers(carry_out(session, [job(RECORD, "create", each) for each in records]))
    assert [each["name"] for each in made] == [each["name"] for each in records]
    (sent,) = session.sent("ChangeResourceRecordSets")
    assert [each["Action"] for each in sent["ChangeBatch"]["Changes"]] == ["CREATE"] * 3


def test_the_list_of_a_joint_call_may_lie_deep() -> None:
    deep = Joint("Batch.Changes")
    one, two = {"Zone": "z", "Batch": {"Changes": [1], "Note": "n"}}, {"Zone": "z", "Batch": {"Changes": [2]}}
    assert deep.rest(one) != deep.rest(two)
    assert deep.rest(one) == {"Zone": "z", "Batch": {"Changes": None, "Note": "n"}}
    assert deep.merged([one, one]) == {"Zone": "z", "Batch": {"Changes": [1, 1], "Note": "n"}}


def test_a_row_whose_create_has_more_calls_has_its_own() -> None:
    group = {"group_name": "g", "description": "d", "region": "us-east-1"}
    assert joint.creation(Canned(), GROUP, "us-east-1", group, "token") is None
