"""The security groups of an instance or a cluster: which AWS tells of it, and how they are sent whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iasql.resource import Whole


def guards(database: Mapping[str, Any]) -> list[str]:
    """The ids of the groups that guard it, without those on their way out."""
    told = database.get("VpcSecurityGroups", ())
    return [group["VpcSecurityGroupId"] for group in told if group["Status"] != "removing"]


def members(database: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The items of its security groups; name: AWS's name of its identifier."""
    return ({name: database[name], "GroupId": group} for group in guards(database))


def groups(holder: str, name: str, kind: str) -> Whole:
    """How rows join and leave the set; kind: as the client's methods call what is guarded."""

    def held(rds: Any, which: str) -> list[str]:
        answer = getattr(rds, f"describe_{kind}s")(**{name: which})
        (databases,) = (part for part in answer.values() if isinstance(part, list))
        return guards(databases[0])

    def put(rds: Any, which: str, ids: list[str]) -> None:
        getattr(rds, f"modify_{kind}")(**{name: which}, VpcSecurityGroupIds=ids, ApplyImmediately=True)

    return Whole(holder=holder, member="security_group_id", held=held, put=put)
