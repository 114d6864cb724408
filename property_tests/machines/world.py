"""The world that the oracle is compared with: PostgreSQL databases, the engine's verbs and moto's AWS in process.

The engine is driven as its server drives it, a context a verb, what an earlier engine left behind finished first; only
the channel between SQL and engine is left out, and HTTP between engine and AWS, which took most of the time. Time
stands in for nothing: pauses are short here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import boto3
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from iasql.cloud.session import Timeouts
from iasql.db import home, rows
from iasql.db.connection import Address, connect
from iasql.db.roles import create_database, drop_database
from iasql.engine import carry_out as carrying
from iasql.engine import drift
from iasql.engine import refresh as refreshing
from iasql.engine.account import Account
from iasql.engine.context import Context
from iasql.engine.install import install
from iasql.engine.recover import recover
from iasql.errors import IasqlError
from iasql.log import agreement
from iasql.modules import discover
from iasql.plan.state import Image, Key
from iasql.resource import Module
from iasql.server.operations import VERBS
from property_tests.machines.faults import Faults, FaultySession, Killed
from property_tests.machines.kinds import KINDS, MIRRORS, PREFIX, Kind, Value, Values
from property_tests.machines.model import REFERENCE, Agreed, Id, Model
from tests.databases import Server

REGION = "us-east-1"
MODULES = {
    "aws_account": ("aws_regions", "aws_credentials"),
    "aws_vpc": ("dhcp_options", "vpc"),
    "aws_sqs": ("queue",),
    "aws_cloudwatch": ("log_group",),
    "aws_iam": ("iam_policy", "iam_user"),
    "aws_s3": ("bucket",),
    "aws_security_group": ("security_group", "security_group_rule"),
}
FOLD = """
    with last as (
      select distinct on (l.key) l.key, l.change_type,
        coalesce(l.change->'original', '{}') || coalesce(l.change->'change', '{}') as image
      from public.iasql_audit_log l
      where l.table_name = %s and l.change_type in ('INSERT', 'UPDATE', 'DELETE') order by l.key, l.id desc
    ) select image from last where change_type <> 'DELETE'"""


class Forced(Account):
    """An account whose one session is given."""

    def __init__(self, session: FaultySession) -> None:
        super().__init__(timeouts=Timeouts(connect=0.0, read=0.0))
        self._given = session

    def session(self, connection: psycopg.Connection) -> FaultySession:
        return self._given


def trimmed() -> dict[str, Module]:
    """The real modules with only the tables that the machine needs, so that a tick reads few of them.

    Every column may be changed: a bucket of another name is a replacement like any other here.
    """
    known = discover()
    return {
        name: attrs.evolve(
            known[name],
            resources=tuple(attrs.evolve(r, fixed=None) for r in known[name].resources if r.table in tables),
            functions=(),
            sql=known[name].sql if name == "aws_account" else (),
            before_uninstall=(),
        )
        for name, tables in MODULES.items()
    }


@attrs.define(kw_only=True)
class Outcome:
    """What a verb came to: its rows, or the error it raised, or that the engine died."""

    rows: list[Image] = attrs.field(factory=list)
    error: Exception | None = None
    killed: bool = False

    @property
    def sqlstate(self) -> str | None:
        """The error's."""
        return getattr(self.error, "sqlstate", None)


@attrs.define(kw_only=True)
class Place:
    """One IaSQL database with a user's connection, and where the log stood when it was last looked at.

    The engine's two connections are kept from verb to verb, as its server keeps them; a killed engine's are made anew.
    """

    address: Address
    name: str
    user: psycopg.Connection
    looker: psycopg.Connection
    seen: int = 0
    digest: str | None = None
    _engines: dict[str, psycopg.Connection] = attrs.field(factory=dict)

    def engine(self, role: str) -> psycopg.Connection:
        """The engine's connection as one of its logins."""
        kept = self._engines.get(role)
        if kept is None or kept.closed or kept.broken:
            kept = self._engines[role] = connect(self.address, role, self.name)
        return kept

    def die(self) -> None:
        """Ends the engine's connections, as a process's end when it is killed."""
        for kept in self._engines.values():
            kept.close()

    def sql(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """Rows as the user gets them."""
        cursor = self.user.execute(query.encode(), arguments or None)
        if cursor.description is None:
            return []
        names = [column.name for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def close(self) -> None:
        """Ends every connection."""
        self.die()
        self.user.close()
        self.looker.close()


@attrs.define(kw_only=True)
class World:
    """One account and the databases that look at it."""

    server: Server
    template: str = ""
    faults: Faults = attrs.field(factory=Faults)
    places: list[Place] = attrs.field(factory=list)
    known: Mapping[str, Module] = attrs.field(factory=trimmed)
    volatile: dict[str, frozenset[str]] = attrs.field(init=False)
    settable: dict[str, frozenset[str]] = attrs.field(init=False)
    _clients: dict[str, Any] = attrs.field(factory=dict)
    account: Forced = attrs.field(init=False)
    _made: int = 0

    def __attrs_post_init__(self) -> None:
        self.volatile = {r.table: r.volatile for module in self.known.values() for r in module.resources}
        self.settable = {r.table: r.settable for module in self.known.values() for r in module.resources}
        self.account = Forced(FaultySession(self.faults))

    # --- before and after ---

    def aws(self, service: str) -> Any:
        """A client of somebody else at work in the account."""
        if service not in self._clients:
            self._clients[service] = boto3.client(service, region_name=REGION)
        return self._clients[service]

    def prepare(self, template: str) -> None:
        """Makes the database that all others are copies of: the modules installed, one region looked at."""
        self.empty()
        name = f"{template}_machine"
        with self.server.admin() as admin:
            create_database(admin, name, template)
        logins = ("iasql_engine", "iasql_writer")
        engine, writer = (connect(self.server.address, role, name) for role in logins)
        with engine, writer:
            context = self.context(engine, writer)
            install(context, ["aws_account"])
            engine.execute("update public.aws_regions set is_enabled = false where region <> 'us-east-1'")
            install(context, [module for module in MODULES if module != "aws_account"])
        self.template = name

    def empty(self) -> None:
        """Removes what earlier runs, also those of other tests, have left in the account."""
        for kind in reversed(KINDS.values()):
            for cloud_id, values in kind.read(self.aws):
                kind.remove(self.aws, cloud_id, values)

    def open(self, databases: int) -> None:
        """Fresh databases and an account with nothing of ours in it."""
        self.faults.disarm()
        self.empty()
        for _ in range(databases):
            self._made += 1
            name = f"{self.template}_{self._made}"
            with self.server.admin() as admin:
                create_database(admin, name, self.template)
            user, looker = (connect(self.server.address, role, name) for role in ("iasql", "iasql_engine"))
            home.settle(looker)
            self.places.append(Place(address=self.server.address, name=name, user=user, looker=looker))

    def shut(self) -> None:
        """Drops the databases."""
        for place in self.places:
            place.close()
            with self.server.admin() as admin:
                drop_database(admin, place.name)
        self.places.clear()

    def end(self) -> None:
        """Drops the template and closes every client."""
        self.account.session(None).close()  # type: ignore[arg-type]
        for client in self._clients.values():
            client.close()
        with self.server.admin() as admin:
            drop_database(admin, self.template)

    # --- the engine ---

    def context(self, engine: psycopg.Connection, writer: psycopg.Connection) -> Context:
        """What a verb works with."""
        return Context(
            connection=engine, open_writer=lambda: writer, find_known=lambda: self.known, account=self.account
        )

    def engine(self, place: Place) -> Context:
        """An engine for one verb."""
        self.faults.die = place.die
        return self.context(place.engine("iasql_engine"), place.engine("iasql_writer"))

    def verb(self, which: int, name: str, **arguments: Any) -> Outcome:
        """What `iasql_<name>()` would give or raise."""
        context = self.engine(self.places[which])
        try:
            if VERBS[name].exclusive:
                recover(context)
            return Outcome(rows=list(VERBS[name].run(context, arguments)))
        except Killed:
            return Outcome(killed=True)
        except (psycopg.Error, IasqlError) as error:
            return Outcome(killed=True) if self.faults.dead else Outcome(error=error)

    def restart(self, which: int) -> None:
        """A new engine takes over."""
        recover(self.engine(self.places[which]))

    # --- the user ---

    def insert(self, which: int, kind: Kind, values: Values, group_key: int | None) -> None:
        """A row, with what the machine does not play with."""
        given = {**kind.extra, **self.columns(values)}
        if kind.parent:
            given[REFERENCE] = group_key
        if kind.table == "security_group":
            given["vpc_id"] = self.places[which].sql("select id from vpc where is_default")[0]["id"]
        names = sql.SQL(", ").join(map(sql.Identifier, given))
        marks = sql.SQL(", ").join(sql.Placeholder() * len(given))
        query = sql.SQL("insert into {} ({}) values ({})").format(sql.Identifier(kind.table), names, marks)
        self.places[which].user.execute(query, [adapted(value) for value in given.values()])

    def update(self, which: int, kind: Kind, key: Key, column: str, value: Value) -> None:
        """One column set."""
        given = self.columns({column: value})
        sets = sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(c), sql.Placeholder()) for c in given)
        query = sql.SQL("update {} set {} where {}").format(sql.Identifier(kind.table), sets, where(key))
        self.places[which].user.execute(query, [*map(adapted, given.values()), *key.values()])

    def delete(self, which: int, kind: Kind, key: Key) -> None:
        """A row gone."""
        query = sql.SQL("delete from {} where {}").format(sql.Identifier(kind.table), where(key))
        self.places[which].user.execute(query, list(key.values()))

    @staticmethod
    def columns(values: Values) -> Values:
        """The columns and those that must move with them."""
        return {**values, **{MIRRORS[c]: value for c, value in values.items() if c in MIRRORS}}

    # --- what is there ---

    def images(self, which: int, kind: Kind) -> list[Image]:
        """The rows that the machine plays with, as images."""
        found = rows.read(self.places[which].looker, kind.table)
        return [image for image in found if kind.parent or str(image[kind.named[0]]).startswith(PREFIX)]

    def keys(self, which: int) -> dict[Id, Key]:
        """Every row's primary key by its name, a group told by its own."""
        return {name: key for name, (key, _) in self._named(which).items()}

    def rows(self, which: int) -> dict[Id, Values]:
        """Every row by its name, without what the name says."""
        return {name: values for name, (_, values) in self._named(which).items()}

    def _named(self, which: int) -> dict[Id, tuple[Key, Values]]:
        groups = {image["id"]: image["group_name"] for image in self.images(which, KINDS["security_group"])}
        found: dict[Id, tuple[Key, Values]] = {}
        for kind in KINDS.values():
            for image in self.images(which, kind):
                key = {c: image[c] for c in (kind.named if kind.keyed else ("id",))}
                values = {c: image[c] or None if c == "tags" else image[c] for c in (*kind.values, *kind.named)}
                if kind.parent and values[REFERENCE] not in groups:
                    continue
                name = Model.told(values, kind.table, groups.__getitem__)
                assert name not in found, f"two rows are called {name}"
                found[name] = key, {c: value for c, value in values.items() if c not in kind.named}
        return found

    def cloud(self) -> dict[Id, Values]:
        """Every resource by its name, without what the name says."""
        found: dict[Id, Values] = {}
        groups = {}
        for kind in KINDS.values():
            for cloud_id, values in kind.read(self.aws):
                if kind.table == "security_group":
                    groups[cloud_id] = values["group_name"]
                name = Model.told(values, kind.table, groups.__getitem__)
                assert name not in found, f"two resources are called {name}"
                found[name] = {c: value for c, value in values.items() if c not in kind.named}
        return found

    def cloud_id(self, kind: Kind, name: Id) -> tuple[str | None, Values]:
        """A resource of a certain name, as AWS has it."""
        groups = {cloud_id: values["group_name"] for cloud_id, values in KINDS["security_group"].read(self.aws)}
        found = (each for each in kind.read(self.aws) if Model.told(each[1], kind.table, groups.__getitem__) == name)
        return next(found)

    def log_is_whole(self, which: int) -> bool:
        """Whether what was seen of the log is still there, letter by letter; then looks at the rest."""
        place = self.places[which]
        query = """select coalesce(max(id), 0), md5(coalesce(string_agg(t::text, '' order by id), ''))
            from public.iasql_audit_log t where id <= %s"""
        (found,) = place.looker.execute(query, [place.seen]).fetchall()
        same = place.digest is None or found == (place.seen, place.digest)
        (top,) = place.looker.execute("select coalesce(max(id), 0) from public.iasql_audit_log").fetchone() or (0,)
        place.seen, place.digest = place.looker.execute(query, [top]).fetchone() or (0, "")
        return same

    def fold_equals_tables(self, which: int) -> bool:
        """Whether the log, folded, gives the tables."""
        looker = self.places[which].looker
        for kind in KINDS.values():
            dropped = self.volatile[kind.table]
            told = [image for (image,) in looker.execute(FOLD, [kind.table]).fetchall()]
            there = [{c: v for c, v in i.items() if c not in dropped} for i in rows.read(looker, kind.table)]
            if sorted(map(repr, map(ordered, told))) != sorted(map(repr, map(ordered, there))):
                return False
        return True

    def state(self, which: int) -> str:
        """The gate's: clean, open, committing or reverting."""
        (state,) = self.places[which].looker.execute("select state from iasql.gate").fetchone() or ("",)
        return str(state)

    def last_outcome(self, which: int) -> str:
        """What became of the transaction that was closed last."""
        query = "select state from iasql_transaction where closed_at is not null order by closed_at desc limit 1"
        return str(self.places[which].sql(query)[0]["state"])

    def last_error(self, which: int) -> str | None:
        """The newest error that its users are shown."""
        found = self.places[which].sql("select message from iasql_get_errors() limit 1")
        return str(found[0]["message"]) if found else None

    def conflicts(self, which: int) -> list[dict[str, Any]]:
        """What waits for somebody to decide."""
        return self.places[which].sql("select * from iasql_conflict")

    # --- starting again from what is there ---

    def tidy(self) -> None:
        """Closes groups that a failed commit left open, as its error asks for, and lets the databases know."""
        for group, _ in KINDS["security_group"].read(self.aws):
            told = self.aws("ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
            stray = [r["SecurityGroupRuleId"] for r in told["SecurityGroupRules"] if r["IsEgress"]]
            if stray:
                self.aws("ec2").revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=stray)
        for which in range(len(self.places)):
            outcome = self.verb(which, "refresh")
            assert outcome.error is None, outcome.error

    def adopt(self, model: Model) -> list[dict[Id, Key]]:
        """Makes the model say what the world says, after something that the model does not foretell.

        Gives the keys of the rows, by database, that users have deleted.
        """
        model.cloud.clear()
        ids: dict[str | None, Id] = {}
        for kind in KINDS.values():
            for cloud_id, values in kind.read(self.aws):
                told = {c: ids[v] if c == REFERENCE else v for c, v in values.items()}
                made = model.make(kind, told)
                if cloud_id is not None:
                    ids[cloud_id] = made
        return [self._adopt_rows(model, which, ids) for which in range(len(self.places))]

    def _adopt_rows(self, model: Model, which: int, ids: dict[str | None, Id]) -> dict[Id, Key]:
        lost: dict[Id, Key] = {}
        place, database = self.places[which], model.databases[which]
        database.rows.clear()
        database.agreed.clear()
        database.told.clear()
        database.span = {} if self.state(which) == "open" else None
        keys: dict[tuple[str, Value], Id] = {}
        for kind in KINDS.values():
            told = {adapted_key(each.key): each for each in agreement.standing(place.looker, kind.table)}
            images = {adapted_key(key_of(kind, image)): image for image in self.images(which, kind)}
            for key, standing in told.items():
                image = images.get(key)
                if image is None and standing.agreed is None:
                    continue
                source = image or standing.agreed or {}
                known = (kind.parent, source.get(REFERENCE)) in keys
                if not known if kind.parent else not str(source.get(kind.named[0])).startswith(PREFIX):
                    continue
                row = self._adopted(model, kind, source, keys)
                if "id" in standing.key:
                    keys[kind.table, standing.key["id"]] = row
                if image is not None:
                    database.rows[row] = values_of(kind, image, keys)
                else:
                    lost[row] = standing.key
                if standing.agreed is not None:
                    self._adopt_agreed(model, which, row, {**standing.key, **standing.agreed}, keys, ids)
                told_of = database.agreed[row].cloud_id if row in database.agreed else model.moment(kind)
                if row in database.rows and told_of is not None:
                    database.told[row] = told_of
        return lost

    @staticmethod
    def _adopted(model: Model, kind: Kind, image: Image, keys: Mapping[tuple[str, Value], Id]) -> Id:
        return model.new_id(kind, {c: image.get(c) for c in kind.named}, kind.keyed)

    @staticmethod
    def _adopt_agreed(
        model: Model,
        which: int,
        row: Id,
        image: Image,
        keys: Mapping[tuple[str, Value], Id],
        ids: Mapping[str | None, Id],
    ) -> None:
        kind = KINDS[row[0]]
        values = {c: v for c, v in values_of(kind, image, keys).items() if c in image}
        if kind.by_name:
            cloud_id: Id = kind.name(values)
        else:
            told = image.get("group_id" if kind.table == "security_group" else "security_group_rule_id")
            cloud_id = ids.get(told) or (kind.table, f"gone {told}")
        model.databases[which].agreed[row] = Agreed(cloud_id=cloud_id, values=values)


def key_of(kind: Kind, image: Image) -> Key:
    """An image's primary key."""
    return {c: image[c] for c in (kind.named if kind.keyed else ("id",))}


def values_of(kind: Kind, image: Image, keys: Mapping[tuple[str, Value], Id]) -> Values:
    """The columns that the machine plays with, references by the model's ids."""
    columns = dict.fromkeys((*kind.named, *kind.values))
    found = {c: image.get(c) or None if c == "tags" else image.get(c) for c in columns}
    if kind.parent:
        found[REFERENCE] = keys.get((kind.parent, found[REFERENCE]), ("unknown", found[REFERENCE]))
    return found


def adapted(value: Value) -> Value:
    """A value as psycopg takes it."""
    return Jsonb(value) if isinstance(value, dict) else value


def adapted_key(key: Key) -> tuple[tuple[str, Value], ...]:
    """A key as something hashable."""
    return tuple(sorted(key.items()))


def ordered(image: Image) -> list[tuple[str, Value]]:
    """An image in an order of its own."""
    return sorted(image.items(), key=lambda item: item[0])


def where(key: Key) -> sql.Composable:
    """The condition that names one row."""
    return sql.SQL(" and ").join(sql.SQL("{} = {}").format(sql.Identifier(c), sql.Placeholder()) for c in key)


def quicken(monkeypatch: Any) -> None:
    """Makes the engine's pauses short: what it waits for has happened already here."""
    monkeypatch.setattr(carrying, "PAUSES", (0.01, 0.01, 0.02))
    monkeypatch.setattr(refreshing, "SECOND_LOOK", 0.01)
    monkeypatch.setattr(drift.Witness, "of", lambda self, each: None)  # the stand-in has no CloudTrail
