"""Which server, login and database a DSN and the options mean."""

from __future__ import annotations

import pytest

from iasql.cli.target import external
from iasql.settings import Settings


@pytest.mark.parametrize(
    ("dsn", "option", "role", "database", "home"),
    [
        ("postgresql://ann@h/prod", None, "ann", "prod", "postgres"),
        ("postgresql://ann@h/prod", "stage", "ann", "stage", "prod"),
        ("postgresql://admin@h/postgres", None, "admin", "iasql", "postgres"),
        ("postgresql://admin@h/defaultdb", "stage", "admin", "stage", "defaultdb"),
        ("postgresql://h", None, "iasql", "iasql", "postgres"),
    ],
)
def test_what_a_dsn_means(dsn: str, option: str | None, role: str, database: str, home: str) -> None:
    place = external(Settings(dsn=dsn, database=option))
    assert (place.role, place.database, place.home) == (role, database, home)


def test_the_dsn_that_is_shown_has_no_password() -> None:
    place = external(Settings(dsn="postgresql://ann:sesame@h:6543/prod?sslmode=require"))
    assert place.dsn == "postgresql://ann@h:6543/prod?sslmode=require"
    assert "sesame" not in repr(place)
