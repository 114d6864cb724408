"""`iasql database`: the IaSQL databases of a server. One engine serves all of them."""

from __future__ import annotations

from typing import Annotated

import typer

from iasql.cli.options import DataDir, Dsn, Json

app = typer.Typer(no_args_is_help=True, help="Make, list and drop IaSQL databases.")

Name = Annotated[str, typer.Argument(help="The database's name.")]


@app.command()
def create(name: Name, dsn: Dsn = None, data_dir: DataDir = None) -> None:
    """Make an IaSQL database.

    A running engine of the server serves it, too.
    """
    from iasql.cli import prepared
    from iasql.cli.target import USER, target
    from iasql.db.roles import create_database

    place = target(dsn, data_dir, None)
    with place.administer() as admin:
        create_database(admin, name)
    address = prepared.reachable(place)
    prepared.schema(address, name)
    print(f"created: {address.dsn(USER, name)}")


@app.command("list")
def list_(dsn: Dsn = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the IaSQL databases of the server."""
    from iasql.cli import printed
    from iasql.cli.target import target
    from iasql.db.roles import list_databases

    place = target(dsn, data_dir, None)
    with place.connect() as connection:
        found = [{"name": name, "dsn": place.address.dsn(place.role, name)} for name in list_databases(connection)]
    printed.rows(found, as_json=as_json)


@app.command()
def drop(
    name: Name,
    dsn: Dsn = None,
    data_dir: DataDir = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Drop an IaSQL database with its log.

    What is in the cloud stays.
    """
    from iasql.cli.target import target
    from iasql.db.roles import drop_database

    place = target(dsn, data_dir, None)
    if not yes:
        typer.confirm(f"Drop database {name} and its audit log? The cloud is not touched.", abort=True)
    with place.administer() as admin:
        drop_database(admin, name)
    print(f"dropped: {name}")
