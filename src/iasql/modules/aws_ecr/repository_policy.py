"""Who may use a private repository."""

from __future__ import annotations

from iasql.resource import Call, Policy, Region, Resource, column, computed, ref, region, row


@row
class RepositoryPolicy:
    """The policy of a private repository; without a row only the account's own may use it."""

    registry_id: str | None = computed()
    policy: Policy | None = column(member="policyText")
    region: Region = region()
    repository_id: int = ref("repository", member="repositoryName", cloud_id=True)


PUT = Call("SetRepositoryPolicy")

REPOSITORY_POLICY = Resource(
    RepositoryPolicy,
    service="ecr",
    shape="GetRepositoryPolicyResponse",
    says={"repositoryName": "$repository_id"},
    unique=(("repository_id", "region"),),
    per="repository",
    per_column="repository_name",
    list=Call("GetRepositoryPolicy"),
    create=PUT,
    update=PUT,
    delete=Call("DeleteRepositoryPolicy"),
    absent=("RepositoryPolicyNotFoundException", "RepositoryNotFoundException"),
    cloud_id=("repository_id", "region"),
)
