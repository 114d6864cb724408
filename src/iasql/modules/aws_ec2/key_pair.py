"""A key pair: key_pair_import() or key_pair_request() makes one, since a row holds no private key."""

from __future__ import annotations

from typing import Literal

from iasql.resource import Call, Region, Resource, Tags, cloud_id, column, ec2_tags, region, row

BY_FUNCTION = "functions make key pairs, and nobody changes one"


@row
class KeyPair:
    """The public half of a key that people enter instances with; deleting the row deletes it."""

    name: str = column(member="KeyName", why=BY_FUNCTION)
    key_pair_id: str | None = cloud_id()
    type: Literal["ed25519", "rsa"] | None = column(member="KeyType", why=BY_FUNCTION)
    fingerprint: str | None = column(member="KeyFingerprint")
    public_key: str | None = column()
    tags: Tags | None = column(why="CreateTags and DeleteTags change them in place")
    region: Region = region()


KEY_PAIR = Resource(
    KeyPair,
    service="ec2",
    shape="KeyPairInfo",
    unique=(("name", "region"),),
    list=Call("DescribeKeyPairs", "KeyPairs", by={"key_pair_id": "Filters:key-pair-id", "name": "Filters:key-name"},
              IncludePublicKey=True),
    delete=Call("DeleteKeyPair", KeyName="$name", KeyPairId=None),
    absent="InvalidKeyPair.NotFound",
    aspects=(ec2_tags("key-pair", "key_pair_id"),),
)  # fmt: skip
