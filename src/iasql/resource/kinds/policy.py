"""A policy document; two that grant the same in other words are the same."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds.kind import Kind

ACCOUNT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root")


class Policy(dict[str, Any]):
    """Annotation of a column that holds an IAM policy document."""


def canonical_policy(policy: dict[str, Any]) -> dict[str, Any]:
    """A policy with every one-or-many written as a sorted list, actions in lower case, accounts by number."""
    rest = {name: value for name, value in policy.items() if name != "Statement"}
    statements = [_statement(s) if isinstance(s, dict) else s for s in _many(policy.get("Statement"))]
    return rest | {"Statement": sorted(statements, key=_text)}


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    return {name: _part(name, value) for name, value in statement.items() if value != ""}


def _part(name: str, value: Any) -> Any:
    if name in ("Action", "NotAction"):
        return sorted({str(action).lower() for action in _many(value)})
    if name in ("Resource", "NotResource"):
        return sorted({str(resource) for resource in _many(value)})
    if name in ("Principal", "NotPrincipal"):
        who = {"AWS": value} if isinstance(value, str) else value
        return {kind: sorted({_account(str(x)) for x in _many(names)}) for kind, names in who.items()}
    if name == "Condition":
        return {test: _condition(keys) for test, keys in value.items()}
    return value


def _condition(keys: dict[str, Any]) -> dict[str, list[str]]:
    return {key.lower(): sorted({_text(item) for item in _many(value)}) for key, value in keys.items()}


def _account(principal: str) -> str:
    found = ACCOUNT.fullmatch(principal)
    return found[1] if found else principal


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


@attrs.frozen
class PolicyDocument(Kind):
    """A policy document; AWS takes and tells it as text."""

    def load(self, value: Any) -> Value:
        if not isinstance(value, str):
            return value
        return json.loads(unquote(value) if value.startswith("%7B") else value) if value else None

    def dump(self, value: Value) -> Any:
        return json.dumps(value, separators=(",", ":"))

    def canonical(self, value: Value) -> Value:
        return canonical_policy(value) if isinstance(value, dict) else value

    def fault(self, value: Value) -> str | None:
        return None if isinstance(value, dict) else "a JSON object"
