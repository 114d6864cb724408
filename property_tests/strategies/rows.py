"""Rows of a resource, in cloud domain."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from iasql.resource import Column, Image, Resource
from property_tests.strategies.forms import FORMS
from property_tests.strategies.samples import SAMPLES
from property_tests.strategies.values import values

Form = Callable[[Image], Image]


def rows(resource: Resource, **given: Any) -> st.SearchStrategy[Image]:
    """New rows that AWS would take.

    given   values of some columns, above all of references: cloud ids of rows that exist. A reference that is not
            given is null where it may be, else an id that only looks like one.
    """
    named = {column.name: _column(resource, column, given) for column in resource.columns if column.settable}
    form: Form = FORMS.get(resource.table, dict)
    return st.fixed_dictionaries(named).map(form).filter(lambda image: not resource.faults(image))


def changes(resource: Resource, before: Image, **given: Any) -> st.SearchStrategy[Image]:
    """What a row may become by updates: its other columns stay as they are. given: values of some columns."""
    mutable = {column.name for column in resource.columns if column.role == "mutable" and not names_rows(column)}
    kept = {name: value for name, value in before.items() if name not in mutable}
    stays = {name: value for name, value in kept.items() if name in resource.settable}  # not "$..." of other rows
    changed = rows(resource, **stays | given).map(lambda image: {**image, **kept})
    return changed.filter(lambda image: not resource.faults(image, mutable))


def names_rows(column: Column) -> bool:
    """Whether the column names rows that must be there, and nothing else."""
    return column.references is not None or (column.lists is not None and column.lists.others is None)


def _column(resource: Resource, column: Column, given: dict[str, Any]) -> st.SearchStrategy[Any]:
    if column.name in given:
        return st.just(given[column.name])
    null = column.optional and not column.needed
    if column.references is not None and not column.region:
        return st.none() if null else st.just(f"{column.references.table}-0123456789abcdef0")
    if names_rows(column) and not column.region:
        return st.none() if null else st.just([])
    return free(resource, column.name)


@functools.cache  # hypothesis looks through a strategy once, when it is first drawn from
def free(resource: Resource, name: str) -> st.SearchStrategy[Any]:
    """Values of a column that stands for itself."""
    column = resource.column(name)
    made = SAMPLES.get((resource.table, name))
    made = values(resource, column) if made is None else made
    return made | st.none() if column.optional else made
