"""The first draft of a declaration, made from AWS's model of a service: `iasql scaffold ec2 Subnet`.

It finds the columns and the calls by their names. What it cannot know (what is a reference to a table that does not
exist yet, which error codes mean what) is left to whoever goes on from it; `iasql check` says what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from iasql.errors import InvalidArgument
from iasql.modules import discover
from iasql.resource import service as aws
from iasql.resource.answer import element

TYPES = {
    "string": "str", "integer": "int", "long": "BigInt", "float": "float", "double": "float", "boolean": "bool",
    "timestamp": "datetime",
}  # fmt: skip
WIDTH = 110


def scaffold(service: str, shape: str) -> str:
    """The text of a declaration for a shape of a service; InvalidArgument names the nearest when there is none."""
    model = _model(service)
    if shape not in model.shape_names:
        near = get_close_matches(shape, [name for name in model.shape_names if _is_row(model, name)], n=3)
        hint = f"Did you mean {', '.join(near)}?" if near else None
        raise InvalidArgument(f"{service} has no shape {shape}.", hint=hint)
    found: Any = model.shape_for(shape)
    if found.type_name != "structure":
        raise InvalidArgument(f"{shape} of {service} is not a structure.")
    return _text(service, shape, dict(found.members))


def _model(service: str) -> Any:
    from botocore.exceptions import UnknownServiceError

    try:
        return aws.model(service)
    except UnknownServiceError:
        near = get_close_matches(service, aws.loader().list_available_services("service-2"), n=3)
        hint = f"Did you mean {', '.join(near)}?" if near else None
        raise InvalidArgument(f"botocore knows no service {service}.", hint=hint) from None


def _is_row(model: Any, name: str) -> bool:
    return bool(model.shape_for(name).type_name == "structure")


def _text(service: str, shape: str, members: Mapping[str, Any]) -> str:
    listing = _listing(service, shape)
    name = _identity(service, shape, members)
    fields = [_field(service, member, inner, is_name=member == name) for member, inner in members.items()]
    if service not in ("iam", "cloudfront", "route53"):
        fields.append("    region: Region = region()")
    body = "\n".join(fields)
    head = f'"""{_words(shape)}."""\n\nfrom __future__ import annotations\n'
    imports = _imports(body + listing)
    return (
        f'{head}{imports}\n\n@row\nclass {_camel(shape)}:\n    """{_about(service, shape)}"""\n\n{body}\n\n\n'
        f"{aws.snake(shape).upper()} = Resource(\n    {_camel(shape)},\n    service={_q(service)},\n"
        f"    shape={_q(shape)},\n{_says(service, shape, members, name)}{listing}{_verbs(service, shape)})\n"
    )


def _imports(text: str) -> str:
    names = ["Region", "Tags", "StringSet", "BigInt", "Json", "cloud_id", "column", "key", "ref", "region"]
    used = [name for name in names if re.search(rf"\b{name}\b", text)]
    lines = ["from datetime import datetime"] if "datetime" in text else []
    lines += ["from typing import Literal"] if "Literal[" in text else []
    ours = "from iasql.resource import " + ", ".join(["Call", "Resource", *used, "row"])
    return "\n" + "\n".join([*lines, *([""] if lines else []), ours]) + "\n"


def _field(service: str, member: str, shape: Any, *, is_name: bool) -> str:
    name = aws.snake(member)
    kind = _kind(shape)
    if kind == "Tags":
        return (
            "    tags: Tags | None = column()"
            if name == "tags"
            else f"    tags: Tags | None = column(member={_q(member)})"
        )
    table = name.removesuffix("_id")
    if not is_name and name.endswith("_id") and table in _tables():
        return f"    {name}: int | None = ref({_q(table)})"
    if is_name:
        return f"    {name}: {kind} | None = cloud_id()" if _is_id(name) else f"    {name}: {kind} = key()"
    return f"    {name}: {kind} | None = column()"


def _tables() -> set[str]:
    """The tables whose rows are known by a number."""
    return {resource.table for module in discover().values() for resource in module.resources if resource.has_surrogate}


def _kind(shape: Any) -> str:
    if getattr(shape, "enum", None):
        return "Literal[" + ", ".join(_q(value) for value in shape.enum) + "]"
    if shape.type_name == "list" and _is_tag(shape.member):
        return "Tags"
    if shape.type_name == "list" and shape.member.type_name == "string":
        return "StringSet"
    return TYPES.get(shape.type_name, "Json")


def _is_tag(shape: Any) -> bool:
    names = {name.lower() for name in getattr(shape, "members", {})}
    return names == {"key", "value"}


def _identity(service: str, shape: str, members: Mapping[str, Any]) -> str | None:
    """The member that names a row: what the delete call asks for, else its id, its name, its ARN."""
    wanted = [*_asked(service, shape)] + [f"{shape}{end}" for end in ("Id", "Name", "Arn")] + ["Id", "Name", "Arn"]
    lower = {member.lower(): member for member in members}
    return next((lower[name.lower()] for name in wanted if name.lower() in lower), None)


def _asked(service: str, shape: str) -> tuple[str, ...]:
    """What the delete call of the shape asks for."""
    known = set(aws.model(service).operation_names)
    return aws.required(service, f"Delete{shape}") if f"Delete{shape}" in known else ()


def _says(service: str, shape: str, members: Mapping[str, Any], name: str | None) -> str:
    """How calls name the row where they do not name it as its answers do."""
    other = [asked for asked in _asked(service, shape) if asked not in members]
    return f'    says={{{_q(other[0])}: "${aws.snake(name)}"}},\n' if other and name else ""


def _is_id(name: str) -> bool:
    return name.endswith(("id", "arn"))


def _listing(service: str, shape: str) -> str:
    """The list call: the operation whose answer is a list of the shape, the plainest name first."""
    found = sorted(_lists(service, shape), key=lambda pair: (len(pair[0]), pair[0]))
    return f"    list=Call({_q(found[0][0])}, {_q(found[0][1])}),\n" if found else ""


def _lists(service: str, shape: str) -> Iterator[tuple[str, str]]:
    for name in aws.model(service).operation_names:
        output: Any = aws.operation(service, name).output_shape
        if not name.startswith(("List", "Describe")) or output is None or aws.required(service, name):
            continue
        for member, inner in output.members.items():
            if inner.type_name == "list" and element(inner).name == shape:
                yield name, member


def _verbs(service: str, shape: str) -> str:
    known = set(aws.model(service).operation_names)
    lines = ""
    for verb, prefixes in {
        "create": ("Create", "Put"),
        "update": ("Update", "Modify", "Put"),
        "delete": ("Delete",),
    }.items():
        operation = next((p + shape for p in prefixes if p + shape in known), None)
        if operation is not None:
            path = _answer(service, operation, shape) if verb == "create" else ""
            lines += f"    {verb}=Call({_q(operation)}{path}),\n"
    return lines


def _answer(service: str, operation: str, shape: str) -> str:
    output: Any = aws.operation(service, operation).output_shape
    members = {} if output is None else output.members
    found = next((member for member, inner in members.items() if inner.name == shape), None)
    return f", {_q(found)}" if found else ""


def _about(service: str, shape: str) -> str:
    text = aws.first_sentence(aws.model(service).shape_for(shape).documentation) or f"{_words(shape)}."
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def _words(shape: str) -> str:
    return aws.snake(shape).replace("_", " ").capitalize()


def _camel(shape: str) -> str:
    return "".join(part.capitalize() for part in aws.snake(shape).split("_"))


def _q(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
