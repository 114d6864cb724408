"""Rows of every declared resource go to an AWS stand-in and come back: create, read, update, read, delete, read."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from iasql.cloud import reader, writer
from iasql.cloud.session import Credentials, Session
from iasql.cloud.verdict import CloudFailure
from iasql.modules import discover
from iasql.resource import Image, Reference, Resource
from iasql.resource import service as aws
from iasql.resource.kinds import Strings, TagsValue
from property_tests.strategies import changes, rows

REGION = "us-east-1"
RESOURCES = {r.table: r for module in discover().values() for r in module.resources if r.service}
CHECKS = {
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
}
AT_ONCE = {"model_name": "cloudfront::distribution", "transition": {"progression": "immediate"}}
"""Distributions are everywhere as soon as they are made; the stand-in lets one wait for that otherwise."""

NAMED: dict[tuple[str, str], str] = {
    ("route", "gateway_id"): "internet_gateway",
    ("load_balancer", "subnets"): "subnet",
    ("auto_scaling_group", "subnets"): "subnet",
}
"""Columns that hold another row's cloud id without being a reference."""

NEEDED = {
    ("security_group_rule", "security_group_id"),
    ("route_table_association", "subnet_id"),
    ("target_group", "vpc"),
    ("instance", "subnet_id"),
    ("instance_block_device_mapping", "volume_id"),
    ("registered_instance", "instance"),
    ("registered_instance", "target_group_id"),
    ("kms_alias", "target_key_id"),
    ("service", "cluster_id"),
    ("lambda_function", "role_name"),
    ("pipeline_declaration", "service_role_name"),
    ("service", "task_definition_id"),
    ("subscription", "topic"),
}
"""Columns that may be null in the table, for what AWS lists, and not in a new row."""

SERVICES = ["codepipeline.amazonaws.com", "ec2.amazonaws.com"]
ALLOWED = [{"Effect": "Allow", "Principal": {"Service": name}, "Action": "sts:AssumeRole"} for name in SERVICES]
TRUST = {"Version": "2012-10-17", "Statement": ALLOWED}
PARENTS: dict[str, Image] = {
    "iam_role": {"assume_role_policy_document": TRUST},  # whom the role of a pipeline, or of an instance, trusts
    "bucket": {"versioning_status": None},  # one that keeps versions is never empty again, and cannot be deleted
    "hosted_zone": {"domain_name": "a.example."},  # its records are below it
    "instance": {"state": "running", "role_name": None},  # one that takes requests runs
    "target_group": {"target_type": "instance"},
}
"""What rows are that others refer to."""

LACKS: dict[tuple[str, str], str] = {
    ("load_balancer", "attributes"): "DescribeLoadBalancerAttributes tells those that nobody said, too",
    ("auto_scaling_group", "termination_policies"): "UpdateAutoScalingGroup forgets TerminationPolicies",
    ("launch_template", "tags"): "CreateTags forgets launch templates",
    ("dhcp_options", "tags"): "CreateDhcpOptions forgets TagSpecifications",
    ("endpoint_interface", "dns_name_record_type"): "CreateVpcEndpoint forgets DnsOptions",
    ("endpoint_interface", "private_dns_enabled"): "ModifyVpcEndpoint forgets PrivateDnsEnabled",
    ("dynamo_table", "table_class"): "CreateTable and UpdateTable forget TableClass",
    ("dynamo_table", "sse_enabled"): "UpdateTable forgets SSESpecification",
    ("secret", "description"): "UpdateSecret takes no empty Description",
    ("domain", "cold_storage"): "UpdateDomainConfig forgets ColdStorageOptions that it is not told",
    ("domain", "auto_tune"): "CreateDomain and UpdateDomainConfig forget DesiredState",
    ("topic", "signature_version"): "GetTopicAttributes does not tell SignatureVersion",
    ("topic", "tracing_config"): "GetTopicAttributes does not tell TracingConfig",
}
"""(table, column) -> the operation that the stand-in lacks, or does wrongly: what is written there is not read back."""

FIXED: dict[tuple[str, str], tuple[str, str]] = {
    ("cache_cluster", "node_type"): ("elasticache", "ModifyCacheCluster"),
    ("cache_cluster", "num_nodes"): ("elasticache", "ModifyCacheCluster"),
    ("subnet_group", "description"): ("memorydb", "UpdateSubnetGroup"),
    ("domain", "version"): ("opensearch", "UpgradeDomain"),
}
"""(table, column) -> service and operation that would change it and that the stand-in lacks altogether."""

STATED: dict[str, Image] = {
    # CreateProject wants a location even of what has none, and does not know the containers of Windows Server 2019
    "codebuild_project": {"source_type": "GITHUB", "environment_type": "LINUX_CONTAINER"},
}
"""Values that the stand-in takes no other than, by what it does wrongly."""

MISSING: dict[str, tuple[str, str]] = {
    "public_repository": ("ecr-public", "CreateRepository"),
    "codebuild_build_list": ("codebuild", "BatchDeleteBuilds"),
    "codedeploy_application": ("codedeploy", "DeleteApplication"),
    "codedeploy_deployment_group": ("codedeploy", "DeleteDeploymentGroup"),
    "source_credentials_list": ("codebuild", "ListSourceCredentials"),
}
"""Table -> service and operation that the stand-in lacks altogether; tests/declarations answers it by itself."""

NOTHING = {
    "lambda_function_security_groups": "its function must be in a VPC: tests/declarations/test_round_trip_aws_lambda",
    "memory_db_cluster_security_groups": (
        "UpdateCluster forgets SecurityGroupIds: tests/declarations/test_round_trip_aws_memory_db"
    ),
    "domain_subnets": "its domain must be in a VPC: tests/declarations/test_round_trip_aws_opensearch",
    "domain_security_groups": "its domain must be in a VPC: tests/declarations/test_round_trip_aws_opensearch",
    "alias_target": "it is a part of records: tests/declarations/test_round_trip_route53",
    "graphql_api": "DeleteGraphqlApi fails on what is gone: tests/declarations/test_round_trip_edge",
}
"""Table -> why a row of it cannot come and go here by itself, and where it does."""
LOSES = {"db_subnet_group": "ModifyDBSubnetGroup loses the group: tests/declarations/test_round_trip_aws_rds"}
"""Table -> why a row of it is not changed here, and where it is."""

APART = {("rds", "db_cluster_id"): "a cluster makes its instances, of its own engine"}
"""Columns that a new row here leaves null, and why."""

WITHOUT: dict[tuple[str, str], tuple[str, str]] = {
    ("codebuild_project", "update"): ("codebuild", "UpdateProject"),
}
"""Table and verb -> service and operation that the stand-in lacks for it; tests/declarations answers it by itself."""

EXAMPLES = 5 if os.environ.get("HYPOTHESIS_PROFILE") in ("ci", None, "dev") else 50


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """The URL of a moto server of this test run's own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, env=os.environ | CHECKS, **quiet)  # type: ignore[call-overload]
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url)
        _post(f"{url}/moto-api/state-manager/set-transition", AT_ONCE)
        yield url
    finally:
        server.kill()  # it keeps nothing, and may be slow to end by itself
        server.wait(60)


@pytest.fixture(scope="session")
def session(endpoint: str) -> Iterator[Session]:
    """A session on the stand-in's account; each test takes away what it made."""
    with Session(Credentials(access_key_id="testing", secret_access_key="testing"), endpoint) as session:
        yield session


def _post(url: str, said: Any = None) -> None:
    urllib.request.urlopen(url, data=json.dumps(said).encode(), timeout=120).close()


def _await(url: str) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:  # nobody listens yet, or it is slow to begin with
            time.sleep(0.1)
    raise AssertionError("the stand-in does not answer")


def skip_missing(resource: Resource) -> None:
    if resource.table in NOTHING:
        pytest.skip(NOTHING[resource.table])
    if resource.table in MISSING:
        pytest.skip("the stand-in has no {}:{}".format(*MISSING[resource.table]))


def has(service: str, operation: str) -> bool:
    """Whether the stand-in has an operation."""
    try:
        module = importlib.import_module(f"moto.{FOLDERS.get(service, service.replace('-', ''))}.responses")
    except ModuleNotFoundError:
        return False
    return any(hasattr(part, aws.snake(operation)) for part in vars(module).values() if inspect.isclass(part))


FOLDERS = {"lambda": "awslambda"}


@pytest.mark.parametrize("operation", sorted({*MISSING.values(), *FIXED.values(), *WITHOUT.values()}), ids=".".join)
def test_what_is_skipped_is_still_missing(operation: tuple[str, str]) -> None:
    assert not has(*operation)
    assert has("ecr", "CreateRepository")


def region_of(resource: Resource) -> str | None:
    return REGION if resource.scope == "region" else None


@contextmanager
def a_world(session: Session, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Iterator[World]:
    """A world that is gone afterwards: the next example must not fail for what a failed one left."""
    try:
        yield World(session, draw)
    except BaseException:
        _post(f"{session.endpoint_url}/moto-api/reset")
        raise


@attrs.define
class World:
    """An account in which the rows exist that others refer to; it takes them away again."""

    session: Session
    draw: Callable[[st.SearchStrategy[Any]], Any]
    there: dict[str, Image] = attrs.field(factory=dict)
    made: list[tuple[Resource, Image]] = attrs.field(factory=list)

    def create(self, resource: Resource, image: Image) -> Image:
        """Creates a row; the image of it as it is read back."""
        told = writer.create(self.session, resource, region_of(resource), image, f"{resource.table}-{len(self.made)}")
        self.made.append((resource, told))
        (found,) = reader.read_some(self.session, resource, region_of(resource), [told])
        return found

    def row(self, resource: Resource) -> Image:
        """A new row of a resource, with the rows that it refers to."""
        return dict(self.draw(rows(resource, **self.references(resource), **STATED.get(resource.table, {}))))

    def references(self, resource: Resource) -> dict[str, Any]:
        """The cloud ids of rows to refer to: column -> id. What may be null sometimes is."""
        found: dict[str, Any] = {}
        used: set[str] = set()
        for reference in resource.references:
            if reference.table in ("aws_regions", resource.table):
                continue
            if reference.table in {*MISSING, *NOTHING} or (resource.table, reference.column) in APART:
                continue
            needed = (resource.table, reference.column) in NEEDED
            optional = not needed and resource.column(reference.column).optional
            # of what only functions make there may be none
            if optional and (RESOURCES[reference.table].create is None or self.draw(st.booleans())):
                continue
            found[reference.column] = self.name_of(reference, fresh=reference.table in used)
            used.add(reference.table)
        for listed in resource.lists:
            if (resource.table, listed.column) in NEEDED or not resource.column(listed.column).optional:
                found[listed.column] = [self.name_of(listed, fresh=False)]
        for (table, column), target in NAMED.items():
            if table == resource.table:
                found[column] = self.name_of(Reference(column=column, table=target), fresh=False)
        return found

    def name_of(self, reference: Reference, *, fresh: bool) -> Any:
        target = RESOURCES[reference.table]
        if fresh or target.table not in self.there:
            self.there[target.table] = self.bring(target, fresh=fresh)
        name = target.cloud_id[0] if reference.translated else reference.target_column
        name = reference.called_by or name
        return self.there[target.table][name]

    def bring(self, resource: Resource, *, fresh: bool = False) -> Image:
        """A row of a resource: a new one, or, of what AWS alone makes, one that is there. fresh: by another name."""
        if resource.create is None:
            return next(reader.read_all(self.session, resource, region_of(resource), {}))
        row = self.row(resource) | PARENTS.get(resource.table, {})
        name = next((n for n in resource.natural if fresh and isinstance(row.get(n), str)), None)
        return self.create(resource, row if name is None else row | {name: f"{row[name]}{len(self.made)}"})

    def clean(self) -> None:
        """Deletes what was made, last made first."""
        for resource, image in reversed(self.made):
            try:
                writer.delete(self.session, resource, region_of(resource), image)
            except CloudFailure as failure:
                # the stand-in's DeleteSubnet keeps the subnet's association with its network ACL
                if (resource.table, failure.kind) != ("network_acl", "not_yet"):
                    raise


def assert_read(resource: Resource, sent: Image, got: Image) -> None:
    """What was sent is what was read."""
    for column in resource.columns:
        value = sent.get(column.name)
        if not column.settable or column.role in ("write_only", "local") or value is None:
            continue
        if (resource.table, column.name) not in LACKS:
            assert column.kind.same(value, got[column.name]), (column.name, value, got[column.name])


def listed(world: World, resource: Resource, got: Image) -> bool:
    """Whether listing everything finds the very same row."""
    parents = {resource.per: [world.there[resource.per]]} if resource.per else {}
    return got in list(reader.read_all(world.session, resource, region_of(resource), parents))


@pytest.mark.parametrize(
    "resource", [r for r in RESOURCES.values() if r.create and not r.remakes], ids=lambda r: r.table
)
@settings(max_examples=EXAMPLES, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_rows_go_to_the_cloud_and_come_back(session: Session, resource: Resource, data: st.DataObject) -> None:
    skip_missing(resource)
    with a_world(session, data.draw) as world:
        sent = world.row(resource)
        got = world.create(resource, sent)
        assert_read(resource, sent, got)
        assert listed(world, resource, got)
        mutable = frozenset(
            c.name for c in resource.columns if c.role == "mutable" and not c.references and not c.lists
        )
        kept = resource.stays is not None and resource.stays(got)
        if mutable and not kept and (resource.table, "update") not in WITHOUT and resource.table not in LOSES:
            named = {column: got[column] for table, column in NAMED if table == resource.table}
            wanted = data.draw(changes(resource, got, **named, **STATED.get(resource.table, {})))
            free = (name for name in mutable if (resource.table, name) not in FIXED)
            columns = frozenset(name for name in free if not resource.column(name).kind.same(got[name], wanted[name]))
            told = writer.update(session, resource, region_of(resource), got, wanted, columns)
            (again,) = reader.read_some(session, resource, region_of(resource), [told])
            assert_read(resource, {name: wanted[name] for name in columns}, again)
            world.made[-1] = (resource, emptied(session, resource, again))
        ours, last = world.made.pop()
        writer.delete(session, ours, region_of(ours), last)
        assert reader.read_some(session, resource, region_of(resource), [last]) == []
        writer.delete(session, ours, region_of(ours), last)
        world.clean()


def emptied(session: Session, resource: Resource, image: Image) -> Image:
    """The row after its tags and sets were taken away, as it is read back."""
    many = (c for c in resource.columns if isinstance(c.kind, TagsValue | Strings) and c.optional and not c.lists)
    sets = {column.name for column in many if column.role == "mutable"}
    columns = frozenset(name for name in sets if image[name])
    nothing = image | dict.fromkeys(columns)
    writer.update(session, resource, region_of(resource), image, nothing, columns)
    (again,) = reader.read_some(session, resource, region_of(resource), [image])
    kept = ("auto_scaling_group", "termination_policies")  # LACKS says why
    assert [name for name in columns if again[name] and (resource.table, name) != kept] == []
    return again


def put_object(session: Session, parent: Image) -> None:
    session.client("s3").put_object(Bucket=parent["name"], Key="a/b.txt", Body=b"x")


def request_certificate(session: Session, parent: Image) -> None:
    session.client("acm", REGION).request_certificate(DomainName="a.example")


def create_access_key(session: Session, parent: Image) -> None:
    session.client("iam").create_access_key(UserName=parent["user_name"])


def push_image(session: Session, parent: Image) -> None:
    media = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = '{"schemaVersion": 2, "config": {"size": 1, "digest": "sha256:1"}, "layers": []}'
    session.client("ecr").put_image(
        repositoryName=parent["repository_name"],
        imageManifest=manifest,
        imageManifestMediaType=media,
        imageTag="latest",
    )


def create_key_pair(session: Session, parent: Image) -> None:
    session.client("ec2", REGION).create_key_pair(KeyName="k")


def run_instance(session: Session, parent: Image) -> None:
    session.client("ec2", REGION).run_instances(ImageId="ami-1e749f67", MinCount=1, MaxCount=1)


def deploy(session: Session, parent: Image) -> None:
    codedeploy, names = session.client("codedeploy"), {"applicationName": "deployed", "deploymentGroupName": "group"}
    codedeploy.create_application(applicationName="deployed")
    codedeploy.create_deployment_group(**names, serviceRoleArn="arn:aws:iam::123456789012:role/r")
    location = {"bucket": "b", "key": "k", "bundleType": "zip"}
    codedeploy.create_deployment(**names, revision={"revisionType": "S3", "s3Location": location})


BROUGHT: dict[str, Callable[[Session, Image], None]] = {
    "key_pair": create_key_pair,
    "instance_metadata": run_instance,
    "bucket_object": put_object,
    "access_key": create_access_key,
    "certificate": request_certificate,
    "repository_image": push_image,
    "codedeploy_deployment": deploy,
    "container_definition": lambda session, parent: None,  # it comes with its task definition
}
"""Tables whose rows come by functions only -> how one comes to be."""


@pytest.mark.parametrize(
    "resource", [r for r in RESOURCES.values() if not r.create or r.remakes], ids=lambda r: r.table
)
@settings(max_examples=1, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_rows_that_aws_makes_are_read(session: Session, resource: Resource, data: st.DataObject) -> None:
    skip_missing(resource)
    with a_world(session, data.draw) as world:
        if resource.per:
            world.there[resource.per] = world.bring(RESOURCES[resource.per])
        if resource.table in BROUGHT:
            BROUGHT[resource.table](session, world.there.get(resource.per or "", {}))
        parents = {resource.per: [world.there[resource.per]]} if resource.per else {}
        images = list(reader.read_all(session, resource, region_of(resource), parents))
        assert images
        assert all(set(image) == {column.name for column in resource.in_cloud} for image in images)
        assert reader.read_some(session, resource, region_of(resource), images) == images
        if resource.delete is not None and not resource.remakes:
            writer.delete(session, resource, region_of(resource), images[0])
            assert images[0] not in reader.read_some(session, resource, region_of(resource), images)
        world.clean()
