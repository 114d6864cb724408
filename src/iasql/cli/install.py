"""`iasql install MODULE...`: modules into the database."""

from __future__ import annotations

from typing import Annotated

import typer

from iasql.cli.options import Database, DataDir, Dsn, Json


def install(
    modules: Annotated[list[str], typer.Argument(help="Names, e.g. aws_s3 aws_vpc; what they need comes along.")],
    dsn: Dsn = None,
    data_dir: DataDir = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Install modules, as iasql_install() does.

    Their tables appear, filled with what is in the cloud.
    """
    from psycopg.rows import dict_row

    from iasql.cli import printed
    from iasql.cli.target import target

    with target(dsn, data_dir, database).connect() as connection, connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute("select * from iasql_install(variadic %s)", [modules]).fetchall()
    printed.rows(found, as_json=as_json, empty="Already installed.")
