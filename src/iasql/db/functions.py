"""The SQL that makes and drops the functions of modules: each is a call that the engine answers.

The next step is `iasql.engine.call_function`, which runs what the declaration names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from psycopg.sql import SQL, Composable, Identifier, Literal

from iasql.resource import Function

EVERYBODY = ("iasql_user", "iasql_operator", "iasql_approver", "iasql_auditor")


def create_function(function: Function, schema: str) -> Iterator[Composable]:
    """The statements that make a module's function and let users call it."""
    name = Identifier(schema, function.name)
    given = SQL(", ").join(_argument(function, position) for position in range(len(function.arguments)))
    columns = SQL(", ").join(SQL("{} {}").format(Identifier(n), SQL(t)) for n, t in function.returns)
    values = SQL(", ").join(
        SQL("{}, {}.{}").format(Literal(each.name), Identifier(function.name), Identifier(each.name))
        for each in function.arguments
    )
    body = SQL(
        # with their schema: a user's own in public, whose arguments fit better, would be called by everybody
        "select r.* from iasql.call("
        "'function', pg_catalog.jsonb_build_object('name', {}, 'arguments', pg_catalog.jsonb_build_object({})))"
        " j (told), pg_catalog.jsonb_to_record(j.told) r ({})"
    ).format(Literal(function.name), values, columns)
    yield SQL("create or replace function {}({}) returns table ({}) language sql volatile begin atomic {}; end").format(
        name, given, columns, body
    )
    told = {"module": function.module, "description": function.comment, "sample_usage": function.sample}
    described = json.dumps(told)
    signature = _signature(function, schema)
    yield SQL("comment on function {} is {}").format(signature, Literal(described))
    yield SQL("revoke all on function {} from public").format(signature)
    callers = EVERYBODY if function.everybody is not None else EVERYBODY[:1]
    yield SQL("grant execute on function {} to {}").format(signature, SQL(", ").join(map(Identifier, callers)))


def drop_function(function: Function, schema: str) -> Iterator[Composable]:
    """The statement that takes a module's function away; a user's view that uses it is named in the error."""
    yield SQL("drop function if exists {}").format(_signature(function, schema))


def _argument(function: Function, position: int) -> Composable:
    argument = function.arguments[position]
    last = position == len(function.arguments) - 1
    sort = SQL(argument.sql_type)
    if function.variadic and last:
        return SQL("variadic {} {}[]").format(Identifier(argument.name), sort)
    default = SQL("") if argument.default is None else SQL(" default " + argument.default)
    return SQL("{} {}{}").format(Identifier(argument.name), sort, default)


def _signature(function: Function, schema: str) -> Composable:
    kinds = [
        SQL(argument.sql_type + ("[]" if function.variadic and argument is function.arguments[-1] else ""))
        for argument in function.arguments
    ]
    return SQL("{}({})").format(Identifier(schema, function.name), SQL(", ").join(kinds))
