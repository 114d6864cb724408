"""The parameters of a group that somebody set: read without the engine's hundreds of defaults, changed by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from iasql.resource import takes
from iasql.resource.image import Value
from iasql.resource.kinds import UnorderedJson

AT_ONCE = 20
"""How many parameters AWS takes in one call."""
SHOWN = ("ParameterName", "ParameterValue", "ApplyMethod")
Parameter = Mapping[str, Any]


@attrs.frozen
class Parameters(UnorderedJson):
    """`[{"ParameterName": "work_mem", "ParameterValue": "4096"}, ...]`; how a value is applied makes no difference."""

    def load(self, value: Any) -> Value:
        told = [one for one in value if one.get("ParameterValue") is not None]
        return [{name: one[name] for name in SHOWN if name in one} for one in told] or None

    def canonical(self, value: Value) -> Value:
        return by_name(value or ())

    def fault(self, value: Value) -> str | None:
        named = isinstance(value, list) and all(isinstance(one, dict) and "ParameterName" in one for one in value)
        return None if named else "an array of objects with ParameterName and ParameterValue"


def by_name(parameters: Any) -> dict[str, str]:
    """Name -> value of the parameters that have one and that AWS lets be changed."""
    return {
        one["ParameterName"]: str(one["ParameterValue"])
        for one in parameters
        if one.get("ParameterValue") is not None and one.get("IsModifiable", True)
    }


@takes("name", "parameters")
def put(rds: Any, group: Mapping[str, Any]) -> None:
    """Sets what is new or changed, and resets what is gone. A static parameter is applied when a database restarts."""
    wanted, had = group.get("parameters") or (), group["$before"].get("parameters") or ()
    has, before = by_name(wanted), by_name(had)
    methods = {one["ParameterName"]: one.get("ApplyMethod") or "pending-reboot" for one in (*had, *wanted)}
    new = [entry(name, methods, value) for name, value in has.items() if before.get(name) != value]
    for part in parts(new):
        rds.modify_db_parameter_group(DBParameterGroupName=group["name"], Parameters=part)
    gone = [entry(name, methods) for name in before if name not in has]
    for part in parts(gone):
        rds.reset_db_parameter_group(DBParameterGroupName=group["name"], Parameters=part)


def entry(name: str, methods: Mapping[str, str], value: str | None = None) -> Parameter:
    """A parameter as AWS takes it; without a value where it is reset."""
    said = {"ParameterName": name, "ApplyMethod": methods[name]}
    return said if value is None else said | {"ParameterValue": value}


def parts(parameters: list[Parameter]) -> Iterator[list[Parameter]]:
    """The parameters in as many calls as they need."""
    return (parameters[start : start + AT_ONCE] for start in range(0, len(parameters), AT_ONCE))
