"""An alias: a name that leads to a key, and may be led to another."""

from __future__ import annotations

from iasql.resource import Call, Image, Region, Resource, cloud_id, computed, ref, region, row


@row
class KmsAlias:
    """A name of a key."""

    alias_name: str = cloud_id(
        pattern=r"alias/(?!aws/)[a-zA-Z0-9/_-]{1,250}",
        allowed="alias/ and letters, digits and /_-, which do not begin with aws/",
    )
    alias_arn: str | None = computed()
    target_key_id: int | None = ref("kms_key", comment="Null: of a key that a service has not made yet.")
    region: Region = region()


def stays(alias: Image) -> str | None:
    """Services name their own keys."""
    return "an AWS service owns this alias" if str(alias.get("alias_name")).startswith("alias/aws/") else None


KMS_ALIAS = Resource(
    KmsAlias,
    service="kms",
    shape="AliasListEntry",
    unique=(("alias_name", "region"),),
    list=Call("ListAliases", "Aliases"),
    create=Call("CreateAlias"),
    update=Call("UpdateAlias"),
    delete=Call("DeleteAlias"),
    absent="NotFoundException",
    exists="AlreadyExistsException",
    stays=stays,
)
