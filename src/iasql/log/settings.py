"""The settings of a database, as rows of iasql_setting.

What each write needs of them stands in the gate's row; the next step is the verb that asks.
"""

from __future__ import annotations

import attrs
import psycopg


@attrs.frozen(kw_only=True)
class Settings:
    """What an operator has chosen; the rows of `iasql_setting` describe each."""

    holds: bool = False
    """Whether changes made outside of a transaction wait for a commit instead of the next tick."""
    needs_message: bool = False
    needs_approval: bool = False
    mass_delete_rows: int = 20
    mass_delete_percent: int = 10
    guards_data: bool = False
    guards_replaces: bool = False

    @property
    def why_held(self) -> str:
        """Which setting keeps changes made outside of a transaction from the next tick."""
        return "the setting " + ("approval is required" if self.needs_approval else "outside_transaction is hold")


def read(connection: psycopg.Connection) -> Settings:
    """The settings as they are now."""
    found: dict[str, str] = dict(connection.execute("select name, value from public.iasql_setting").fetchall())
    return Settings(
        # nothing goes to the cloud without an approval, so that what is pending from earlier waits for one
        holds=found.get("outside_transaction") == "hold" or found.get("approval") == "required",
        needs_approval=found.get("approval") == "required",
        needs_message=found.get("commit_message") == "required",
        mass_delete_rows=int(found.get("mass_delete_rows", 20)),
        mass_delete_percent=int(found.get("mass_delete_percent", 10)),
        guards_data=found.get("guard_destroys_data") == "on",
        guards_replaces=found.get("guard_replaces") == "on",
    )
