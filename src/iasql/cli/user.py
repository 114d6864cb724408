"""`iasql user`: people, so that the log names persons."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from iasql.cli.options import Database, DataDir, Dsn

app = typer.Typer(no_args_is_help=True, help="Add people.")


class Role(StrEnum):
    """What a person may do."""

    user = "user"
    operator = "operator"
    approver = "approver"
    auditor = "auditor"


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The login's name.")],
    role: Annotated[list[Role] | None, typer.Option(help="What they may do; may be repeated (default: user).")] = None,
    passfile: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the password to this new file, to hand over.")
    ] = None,
    dsn: Dsn = None,
    data_dir: DataDir = None,
    database: Database = None,
) -> None:
    """Add a login for a person.

    The password is made up, kept in a passfile, and never shown.
    """
    import attrs

    from iasql.cli import prepared
    from iasql.cli.target import target
    from iasql.db.roles import create_user, exists
    from iasql.errors import InvalidArgument
    from iasql.server.passfile import Passfile

    place = target(dsn, data_dir, database)
    file = Passfile(passfile.resolve() if passfile else prepared.passfile(place).path, host=place.address.host)
    groups = [f"iasql_{one}" for one in role or [Role.user]]
    with place.administer() as admin:
        if file.password(name) is None and exists(admin, name):  # its password is somebody's, and not ours to change
            raise InvalidArgument(
                f"The server has a role {name} already, and {file.path} does not know its password.",
                hint=f"An administrator can give it the roles: grant {', '.join(groups)} to {name}",
            )
        create_user(admin, name, file.remembered(name), groups)
    print(f"added: {attrs.evolve(place.address, passfile=file.path).dsn(name, place.database)}")
