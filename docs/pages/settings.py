"""The page of the settings of a process, made from the class that holds them."""

from __future__ import annotations

import ast
import inspect
import textwrap

import attrs

from iasql.cli.up import up
from iasql.settings import Settings, variable

OPTIONS = inspect.signature(up).parameters
HEAD = """\
# Settings

What one process is told, by an option or by a variable of its environment; the option is stronger.

| variable | option | default | |
|---|---|---|---|
"""

TAIL = """
AWS is asked with boto3's own settings: `AWS_PROFILE`, `AWS_ACCESS_KEY_ID`, `AWS_DEFAULT_REGION`, `AWS_ENDPOINT_URL`
and so on, unless the database has a usable row in `aws_credentials`.
"""


def page() -> str:
    """The whole page."""
    meanings = _meanings()
    rows = "".join(_row(field, meanings[field.name]) for field in attrs.fields(Settings))
    return HEAD + rows + TAIL


def _row(field: attrs.Attribute[object], meaning: str) -> str:
    option = f"`--{field.name.replace('_', '-')}`" if field.name in OPTIONS else ""
    default = "" if field.default is None else f"`{field.default}`"
    return f"| `{variable(field.name)}` | {option} | {default} | {meaning} |\n"


def _meanings() -> dict[str, str]:
    """The text below each field of the class."""
    body = ast.parse(textwrap.dedent(inspect.getsource(Settings))).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            assert isinstance(text.value, ast.Constant)
            found[field.target.id] = str(text.value.value)
    return found
