"""The column types, and which annotation means which."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, get_args, get_origin

from iasql.errors import DeclarationError
from iasql.resource.kinds.boolean import Boolean
from iasql.resource.kinds.cidr import Cidr, CidrBlock, CidrText
from iasql.resource.kinds.document import Document, DocumentText
from iasql.resource.kinds.encoded import Encoded, EncodedText
from iasql.resource.kinds.enum import Enum
from iasql.resource.kinds.json import Json, JsonSet, JsonValue, UnorderedJson
from iasql.resource.kinds.kind import Kind
from iasql.resource.kinds.moment import Moment
from iasql.resource.kinds.number import BigInt, Integer, Number, Port, PortNumber
from iasql.resource.kinds.policy import Policy, PolicyDocument
from iasql.resource.kinds.string_set import OrderedStrings, StringList, Strings, StringSet
from iasql.resource.kinds.tags import Tags, TagsValue
from iasql.resource.kinds.text import Protocol, ProtocolText, Region, RegionText, Text

KINDS: dict[Any, Kind] = {
    str: Text(),
    int: Integer(),
    float: Number(),
    bool: Boolean(),
    datetime: Moment(),
    Region: RegionText(),
    Protocol: ProtocolText(),
    Port: PortNumber(),
    BigInt: Integer(sql="bigint"),
    Json: JsonValue(),
    JsonSet: UnorderedJson(),
    Tags: TagsValue(),
    Policy: PolicyDocument(),
    Document: DocumentText(),
    Cidr: CidrBlock(),
    CidrText: CidrBlock(sql="character varying"),
    Encoded: EncodedText(),
    StringSet: Strings(),
    StringList: OrderedStrings(),
    frozenset[str]: Strings(),
}
"""Annotation -> kind. `Annotated[type, kind]` names any other kind outright."""


def kind_of(annotation: Any, enum: str) -> Kind:
    """The kind that an annotation (without its `| None`) means; `enum` names the type of a Literal."""
    if get_origin(annotation) is Literal:
        return Enum(sql=enum, values=get_args(annotation))
    if get_origin(annotation) is Annotated:
        return next(part for part in get_args(annotation)[1:] if isinstance(part, Kind))
    try:
        return KINDS[annotation]
    except KeyError:
        raise DeclarationError(f"no column type for the annotation {annotation!r}") from None


__all__ = [
    "KINDS",
    "BigInt",
    "Boolean",
    "Cidr",
    "CidrBlock",
    "CidrText",
    "Document",
    "DocumentText",
    "Encoded",
    "EncodedText",
    "Enum",
    "Integer",
    "Json",
    "JsonSet",
    "JsonValue",
    "Kind",
    "Moment",
    "Number",
    "OrderedStrings",
    "Policy",
    "PolicyDocument",
    "Port",
    "PortNumber",
    "Protocol",
    "ProtocolText",
    "Region",
    "RegionText",
    "StringList",
    "StringSet",
    "Strings",
    "Tags",
    "TagsValue",
    "Text",
    "UnorderedJson",
    "kind_of",
]
