"""The reference page of a table, in Markdown."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

from iasql.docgen.diagram import diagram
from iasql.docgen.sample import sample
from iasql.resource import Aspect, Column, Enum, Resource, Sql, Tagging, Verb
from iasql.resource.places import calls, documentation

ROLES = {
    "key": "names the row; another value makes another resource",
    "mutable": "may be changed",
    "replace": "a change makes a new resource in place of the old",
    "computed": "told by AWS",
    "volatile": "told by AWS; moves by itself and is not logged",
    "write_only": "may be written, is never read back",
    "local": "IaSQL's own; AWS does not know it",
}


def page(resource: Resource) -> str:
    """The page: what the table is, its columns, the AWS calls behind it, and SQL to begin with."""
    parts = [_head(resource), _columns(resource), _rules(resource), _calls(resource), _sample(resource)]
    return "\n\n".join(part for part in parts if part) + "\n"


def index(resources: Mapping[str, list[Resource]]) -> str:
    """The page that leads to the pages of all tables, with a diagram of each module; module -> its resources."""
    sections = [
        f"## {module}\n\n" + "\n".join(map(_entry, tables)) + f"\n\n{diagram(tables)}"
        for module, tables in resources.items()
        if tables
    ]
    return "# Tables\n\nThe resource types of each module.\n\n" + "\n\n".join(sections) + "\n"


def _entry(resource: Resource) -> str:
    return f"- [{resource.table}](tables/{resource.table}.md): {resource.comment}"


def _head(resource: Resource) -> str:
    where = {"region": "Rows are read region by region.", "global": "Rows are read once for the whole account."}
    lines = [f"# {resource.table}", resource.comment, f"Module `{resource.module}`."]
    if resource.service:
        lines[-1] += " " + where[resource.scope]
    return "\n\n".join(lines)


def _columns(resource: Resource) -> str:
    rows = [
        f"| `{c.name}` | {_type(c)} | {_default(c)} | {_role(c)} | {_about(resource, c)} |" for c in resource.columns
    ]
    head = "| column | type | default | role | |\n|---|---|---|---|---|\n"
    used = {column.role for column in resource.columns if not column.surrogate}
    roles = "\n".join(f"- {role}: {words}" for role, words in ROLES.items() if role in used)
    return f"## Columns\n\n{head}" + "\n".join(rows) + f"\n\n{roles}"


def _type(column: Column) -> str:
    name = (
        " or ".join(f"`{value}`" for value in column.kind.values) if isinstance(column.kind, Enum) else column.kind.sql
    )
    return name if column.optional else f"{name}, not null"


def _default(column: Column) -> str:
    if column.surrogate:
        return "the next number"
    if column.default is None:
        return ""
    return f"`{column.default.text}`" if isinstance(column.default, Sql) else f"`{column.default}`".lower()


def _role(column: Column) -> str:
    words = "identity" if column.surrogate else column.role
    return f"{words}, secret" if column.secret else words


def _about(resource: Resource, column: Column) -> str:
    text = column.comment or documentation(resource, column.name)
    reference = column.references
    if reference is not None:
        text = f"{text} Refers to `{reference.table}.{reference.target_column}`.".strip()
    lists = column.lists
    if lists is not None:
        others = f", or are like `{lists.others}`" if lists.others else ""
        text = f"{text} Members are `{lists.table}.{lists.target_column}` of rows that exist{others}.".strip()
    if column.follows is not None:
        text = f"{text} It follows the row that `{column.follows.partition('.')[0]}` refers to.".strip()
    return text.replace("|", "\\|")


def _rules(resource: Resource) -> str:
    found = [f"- unique: {', '.join(f'`{name}`' for name in unique)}" for unique in resource.unique]
    found += [f"- {' '.join(condition.split())}" for condition in resource.checks.values()]
    if resource.fixed is not None:
        names = ", ".join(f"`{name}`" for name in resource.fixed.columns)
        where = f", where {resource.fixed.only_where}" if resource.fixed.only_where else ""
        found.append(f"- never changed once written: {names}{where}. {resource.fixed.hint}")
    if resource.stays is not None:
        found.append(f"- some rows are AWS's own and are not deleted: {_first_line(resource.stays)}")
    if resource.service and resource.create is None:
        found.append("- rows cannot be inserted: AWS makes them, or a function does")
    if resource.holds_data:
        found.append(f"- deleting a row loses {resource.holds_data} for good")
    return "## Rules\n\n" + "\n".join(found) if found else ""


def _calls(resource: Resource) -> str:
    rows = [f"| {step} | {', '.join(dict.fromkeys(said))} |" for step, said in _steps(resource).items() if said]
    return "## AWS calls\n\n| step | calls |\n|---|---|\n" + "\n".join(rows) if rows else ""


def _steps(resource: Resource) -> dict[str, list[str]]:
    aspects = resource.aspects
    read = [resource.list, resource.get, *resource.details, *(aspect.get for aspect in aspects)]
    written = [*resource.update, *(verb for aspect in aspects for verb in _written(aspect))]
    undone = [after.call for after in resource.after] + ([resource.sweep.undo] if resource.sweep is not None else [])
    steps: dict[str, list[Verb | None]] = {
        "read": read,
        "create": [resource.create, *undone],
        "update": written,
        "delete": [resource.delete],
    }
    return {step: [said for verb in verbs for said in _said(resource, verb)] for step, verbs in steps.items()}


def _written(aspect: object) -> Iterator[Verb | None]:
    if isinstance(aspect, Aspect | Tagging):
        yield aspect.put
    for name in ("clear", "add", "remove"):
        yield getattr(aspect, name, None)


def _said(resource: Resource, verb: Verb | None) -> Iterator[str]:
    """A verb in words: its operations, or what the hand-written one says of itself."""
    if verb is None:
        return
    declared = calls(verb)
    if declared:
        yield from (f"`{resource.service}:{call.operation}`" for call in declared)
    else:
        yield _first_line(verb)


def _first_line(verb: object) -> str:
    return (inspect.getdoc(verb) or "").partition("\n")[0].rstrip(".")


def _sample(resource: Resource) -> str:
    statements = sample(resource)
    return f"## Sample\n\n```sql\n{statements}\n```" if statements else ""
