"""The resource language: what a resource type is. It knows attrs and botocore's models; no database, no network.

Nouns are classes, verbs are values: a row class says the table, a Resource beside it names the AWS calls.
Start with resource.py, column.py and call.py; kinds/ holds the column types.
"""

from __future__ import annotations

from iasql.resource.aspect import After, Aspect, Members, Precondition, Sweep, Tagging, Until, ec2_tags
from iasql.resource.call import Call, Either, Joint, Verb, along, takes
from iasql.resource.column import (
    Column,
    Limits,
    Reference,
    Role,
    Sql,
    cloud_id,
    column,
    computed,
    joins,
    key,
    local,
    ref,
    refs,
    region,
    row,
    secret,
    sql,
    volatile,
)
from iasql.resource.fault import Fault, faults
from iasql.resource.host import Guest, Host
from iasql.resource.image import Image, Value
from iasql.resource.kinds import (
    BigInt,
    Cidr,
    CidrText,
    Document,
    Encoded,
    Enum,
    Json,
    JsonSet,
    Kind,
    Policy,
    Port,
    Protocol,
    Region,
    StringList,
    StringSet,
    Tags,
)
from iasql.resource.module import AddedModule, Argument, Context, Function, Module, Rebuild
from iasql.resource.resource import Fixed, Resource
from iasql.resource.template import given
from iasql.resource.whole import Whole

__all__ = [
    "AddedModule",
    "After",
    "Argument",
    "Aspect",
    "BigInt",
    "Call",
    "Cidr",
    "CidrText",
    "Column",
    "Context",
    "Document",
    "Either",
    "Encoded",
    "Enum",
    "Fault",
    "Fixed",
    "Function",
    "Guest",
    "Host",
    "Image",
    "Joint",
    "Json",
    "JsonSet",
    "Kind",
    "Limits",
    "Members",
    "Module",
    "Policy",
    "Port",
    "Precondition",
    "Protocol",
    "Rebuild",
    "Reference",
    "Region",
    "Resource",
    "Role",
    "Sql",
    "StringList",
    "StringSet",
    "Sweep",
    "Tagging",
    "Tags",
    "Until",
    "Value",
    "Verb",
    "Whole",
    "along",
    "cloud_id",
    "column",
    "computed",
    "ec2_tags",
    "faults",
    "given",
    "joins",
    "key",
    "local",
    "ref",
    "refs",
    "region",
    "row",
    "secret",
    "sql",
    "takes",
    "volatile",
]
