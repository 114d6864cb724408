"""SQL to begin with, for the reference page of a table."""

# ruff: noqa: S608 - made of declared names, printed on a page, and never run

from __future__ import annotations

import json

from iasql.resource import Column, Enum, Resource
from iasql.resource.image import Value
from iasql.resource.kinds import (
    Boolean,
    CidrBlock,
    Integer,
    JsonValue,
    Moment,
    Number,
    PolicyDocument,
    Strings,
    TagsValue,
)

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def sample(resource: Resource) -> str:
    """A select, and where a user may insert rows, an insert, a change and a delete."""
    statements = [f"select * from {resource.table};"]
    columns = [column for column in resource.columns if _is_needed(column)]
    if resource.create is not None and columns:
        names, values = ", ".join(c.name for c in columns), ", ".join(_literal(c) for c in columns)
        statements.append(f"insert into {resource.table} ({names})\nvalues ({values});")
    return "\n\n".join([*statements, *_later(resource)])


def _is_needed(column: Column) -> bool:
    told = column.role in ("computed", "volatile") and not column.why
    return not column.surrogate and not column.optional and column.default is None and not told


def _later(resource: Resource) -> list[str]:
    mutable = [c for c in resource.columns if c.role == "mutable" and not c.references and not c.key]
    changed = next((c for c in mutable if isinstance(c.kind, TagsValue)), next(iter(mutable), None))
    where = f"where {resource.primary_key[0]} = {_key(resource.column(resource.primary_key[0]))}"
    found = [f"update {resource.table} set {changed.name} = {_literal(changed)} {where};"] if changed else []
    return found + ([f"delete from {resource.table} {where};"] if resource.delete is not None else [])


def _key(column: Column) -> str:
    return "1" if column.surrogate or column.kind.sql == "integer" else _quoted(_text(column))


def _literal(column: Column) -> str:
    reference = column.references
    if reference is not None:
        return f"(select {reference.target_column} from {reference.table} limit 1)"
    return _quoted(value(column))


def _quoted(value: Value) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    text = json.dumps(value) if isinstance(value, dict) else str(value)
    return "'" + text.replace("'", "''") + "'"


def value(column: Column) -> Value:
    """A value of the column's type, as PostgreSQL reads it."""
    kind = column.kind
    if isinstance(kind, Enum):
        return kind.values[0]
    for base, example in EXAMPLES.items():
        if isinstance(kind, base):
            return example
    return _text(column)


def _text(column: Column) -> str:
    return "my-" + column.name.replace("_", "-")


EXAMPLES: dict[type, Value] = {
    Boolean: True,
    Integer: 1,
    Number: 1.5,
    Moment: "2024-01-01 00:00:00+00",
    TagsValue: {"name": "mine"},
    PolicyDocument: POLICY,
    CidrBlock: "10.0.0.0/16",
    Strings: "{}",
    JsonValue: {},
}
