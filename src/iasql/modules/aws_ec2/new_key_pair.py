"""key_pair_import and key_pair_request: how a key pair comes to be, since a row holds no private key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from iasql.errors import InvalidArgument
from iasql.resource import Argument, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

ENABLED = "select region from aws_regions where is_enabled"


def import_key(context: Any, *, key_name: str, public_key: str, region: str) -> Iterator[dict[str, Any]]:
    """One row: OK, or KO with what AWS said."""
    refuse(context, "key_pair_import", region, key_name=key_name, public_key=public_key)
    ec2 = context.client("ec2", region)
    try:
        ec2.import_key_pair(KeyName=key_name, PublicKeyMaterial=public_key.encode())
        ec2.get_waiter("key_pair_exists").wait(KeyNames=[key_name])
    except (ClientError, BotoCoreError) as error:
        yield {"name": key_name, "status": "KO", "message": str(error)}
        return
    yield {"name": key_name, "status": "OK", "message": "Key pair imported"}


def request_key(
    context: Any, *, key_pair_name: str, region: str, key_format: str, key_type: str
) -> Iterator[dict[str, Any]]:
    """One row with the private key, which AWS tells this once; or KO with what AWS said."""
    refuse(context, "key_pair_request", region, key_pair_name=key_pair_name)
    ec2 = context.client("ec2", region)
    try:
        made = ec2.create_key_pair(KeyName=key_pair_name, KeyFormat=key_format or "pem", KeyType=key_type or "rsa")
    except (ClientError, BotoCoreError) as error:
        yield {"name": key_pair_name, "status": "KO", "message": str(error), "privatekey": None}
        return
    yield {"name": key_pair_name, "status": "OK", "message": "Key pair made. Keep the key: AWS does not tell it again",
           "privatekey": made["KeyMaterial"]}  # fmt: skip


def refuse(context: Any, function: str, region: str, **given: str | None) -> None:
    """Raises InvalidArgument where something is not given, or the region is not one of ours."""
    missing = [name for name, value in (given | {"region": region}).items() if not value]
    if missing:
        raise InvalidArgument(f"{function} needs a value for {', '.join(missing)}")
    if not any(row["is_enabled"] for row in context.rows("aws_regions", region=region)):
        raise InvalidArgument(f"{function}: {region} is no enabled region", hint=ENABLED)


KEY_PAIR_IMPORT = Function(
    name="key_pair_import",
    arguments=(Argument("key_name"), Argument("public_key"), Argument("region")),
    returns=(("name", "text"), ("status", "text"), ("message", "text")),
    run=import_key,
    mutates=True,
    refreshes=("key_pair",),
    comment="Makes a key pair of a public key of yours; status OK, or KO with what AWS said.",
    sample="select * from key_pair_import('alice', 'ssh-ed25519 AAAA... alice', 'us-east-1')",
)

KEY_PAIR_REQUEST = Function(
    name="key_pair_request",
    arguments=(
        Argument("key_pair_name"),
        Argument("region"),
        Argument("key_format", "text", "'pem'"),
        Argument("key_type", "text", "'rsa'"),
    ),
    returns=(("name", "text"), ("status", "text"), ("message", "text"), ("privatekey", "text")),
    run=request_key,
    mutates=True,
    refreshes=("key_pair",),
    comment="Makes a key pair; its private key is shown this once.",
    sample="select * from key_pair_request('alice', 'us-east-1', 'pem', 'ed25519')",
)
