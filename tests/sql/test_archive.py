"""The archive: old partitions leave the database, the chain holds across them, and they come back as they were."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from iasql.errors import Refused
from iasql.evidence import archive as archives
from iasql.evidence.place import Folder
from tests.sql.conftest import begin, one
from tests.sql.site import Site
from tests.sql.test_history import now
from tests.sql.test_restore import commit

FUTURE = datetime(2999, 1, 1, tzinfo=UTC)
WHOLE = "select l.*, f.* from public.iasql_audit_log l join iasql.audit_leaf f on f.log_id = l.id order by l.id"
STANDING = "select t.name, s.* from (values ('zone'), ('team')) t (name), iasql.standing(t.name) s order by 1, s.key"
WRITES = (
    "update {} set message = 'x'",
    "delete from {}",
    "truncate {}",
    """insert into {} (id, origin, change_type, transaction_id) overriding system value
      values (1, 'user', 'INSTALL', gen_random_uuid())""",
)


def rotate(site: Site) -> None:
    """A new partition, as at the beginning of a month."""
    site.seal()
    assert one(site.engine, "select iasql.rotate(now => true)")
    site.engine.execute("select iasql.settle((select max(id) from public.iasql_audit_log))")


def archive(site: Site) -> dict[str, Any]:
    return archives.archive(site.engine, Folder(site.folder / "archive"), FUTURE, lambda done, total: None)


def attach(site: Site) -> dict[str, Any]:
    return archives.attach(site.engine, None, lambda done, total: None)


def readings(site: Site) -> list[Any]:
    """What the log knows, as far as it goes on being needed."""
    engine = site.engine
    return [
        engine.execute(STANDING).fetchall(),
        engine.execute("select * from iasql.pending() order by 1, 2").fetchall(),
        engine.execute(
            """select * from iasql.last_keys('team', array['{"name": "web"}'::jsonb, '{"name": "gone"}'])"""
        ).fetchall(),
        engine.execute("select iasql.was_found('team', '{\"id\": 3}')").fetchall(),
        engine.execute("select iasql.raise_sequence('team'), nextval('public.team_id_seq') > 5").fetchall(),
    ]


@pytest.fixture
def worked(site: Site) -> Site:
    """Some history of every kind, in two partitions and the one that is written to."""
    user, writer, engine = site.database.connect(), site.database.connect("iasql_writer"), site.engine
    tx = begin(user, "the first ones")
    user.execute("insert into team (id, name, tags) values (1, 'web', '{}'), (2, 'gone', null)")
    engine.execute("""select iasql.log_agreed('[
        {"table_name": "team", "key": {"id": 1}, "change": {"agreed": {"id": 1, "name": "web", "tags": {}}}},
        {"table_name": "team", "key": {"id": 2}, "change": {"agreed": {"id": 2, "name": "gone"}}}]')""")
    commit(engine, tx)
    writer.execute("insert into public.team (id, name) values (3, 'found')")
    user.execute("delete from team where id = 2")
    rotate(site)
    user.execute("insert into team (id, name) values (5, 'later')")
    user.execute("update team set tags = '{\"a\": 1}' where id = 1")
    rotate(site)
    user.execute("update zone set note = 'now' where name = 'b0'")
    return site


def test_partitions_are_guarded(worked: Site) -> None:
    """Whoever addresses a partition meets the same refusals as with the log."""
    parts = [
        name for (name,) in worked.engine.execute("select rel::text from iasql.audit_part order by low").fetchall()
    ]
    assert len(parts) == 3
    admin = worked.database.admin()
    admin.execute("set session_replication_role = replica")
    for part in parts:
        for statement in WRITES:
            for connection in (worked.engine, worked.database.connect(), admin):
                with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)):
                    connection.execute(statement.format(part).encode())


def test_a_seal_covers_one_partition_only(worked: Site) -> None:
    worked.seal()
    query = """
        select count(distinct p.low) from iasql.audit_leaf f join iasql.audit_part p
          on f.log_id >= p.low and (p.high is null or f.log_id < p.high)
        group by f.seal having count(distinct p.low) > 1"""
    assert worked.engine.execute(query).fetchall() == []


def test_what_is_needed_stays_known(worked: Site) -> None:
    before = readings(worked)
    rows = one(worked.database.connect(), "select count(*) from iasql_audit_log")
    told = archive(worked)
    assert one(worked.database.connect(), "select count(*) from iasql_audit_log") < rows
    assert readings(worked)[:4] == before[:4]
    assert one(worked.database.connect(), "select rows from iasql_archive") == told["rows"]
    assert worked.database.connect().execute("select ok, reason from iasql_audit_verify()").fetchone() == (True, None)
    worked.seal()
    alone = worked.verify(worked.export())
    assert (alone.problems, alone.archived) == ([], told["rows"])
    whole = worked.verify(worked.export(), Folder(worked.folder / "archive"))
    assert (whole.problems, whole.archived, whole.rows - alone.rows) == ([], 0, told["rows"])


def test_and_work_goes_on(worked: Site) -> None:
    """Changes, rollback, and another archive on top of the first."""
    archive(worked)
    user = worked.database.connect()
    at = now(user)
    begin(user)
    user.execute("update team set name = 'new' where id = 1; delete from zone where name = 'a2'")
    user.execute("select * from iasql_rollback()")
    user.execute("update team set name = 'newer' where id = 1")
    assert one(user, "select row->>'name' from iasql_state_at('team', %s) where row->>'id' = '1'", at) == "web"
    rotate(worked)
    before = readings(worked)
    archive(worked)
    assert readings(worked)[:2] == before[:2]  # of a key's former names it knows no more
    assert one(user, "select count(*) from iasql_archive") == 2
    assert one(user, "select ok from iasql_audit_verify()")


def test_the_past_says_where_the_archive_begins(worked: Site) -> None:
    user = worked.database.connect()
    at = one(user, "select min(ts) from iasql_audit_log where table_name = 'team'")
    tx = one(user, "select transaction_id from iasql_transaction where message = 'the first ones'")
    archive(worked)
    for statement in (
        "select * from iasql_state_at('team', %s)",
        "select * from team_at(%s)",
        "select * from iasql_restore(%s)",
        "select * from iasql_diff(%s)",
        "select * from iasql_get_sql_since(%s)",
    ):
        with pytest.raises(psycopg.Error, match="is in the archive") as raised:
            user.execute(statement.encode(), [at])
        assert raised.value.sqlstate == "IA010"
        assert str(worked.folder / "archive") in str(raised.value.diag.message_detail)
    with pytest.raises(psycopg.Error, match="there is no transaction") as raised:
        user.execute("select * from iasql_revert(%s)", [tx])
    assert "iasql_archive" in str(raised.value.diag.message_hint)
    told = user.execute("select change_type, message from iasql_history('team', '{\"name\": \"web\"}')").fetchall()
    assert told == [("ARCHIVE", f"what happened before is in {worked.folder / 'archive'}")]
    blamed = user.execute(
        "select value, changed_by, message from iasql_blame('team', '{\"id\": 1}') where column_name = 'name'"
    )
    assert blamed.fetchall() == [("web", None, "set at that time or before: see iasql_archive")]


def test_it_comes_back_as_it_was(worked: Site) -> None:
    """Two archives, the younger first; then history reaches back again, and all verifies."""
    user = worked.database.connect()
    engine = worked.engine
    before = engine.execute(WHOLE).fetchall()
    archive(worked)
    user.execute("update team set name = 'newer' where id = 1")
    rotate(worked)
    archive(worked)
    low = one(user, "select max(low) from iasql_archive")
    attach(worked)
    assert one(user, "select count(*) from iasql_archive") == 1
    assert one(user, "select min(id) from iasql_audit_log where change_type <> 'AGREED'") >= low
    assert user.execute("select ok, reason from iasql_audit_verify()").fetchone() == (True, None)
    attach(worked)
    assert one(user, "select count(*) from iasql_archive") == 0
    assert user.execute("select ok, reason from iasql_audit_verify()").fetchone() == (True, None)
    assert engine.execute(WHOLE).fetchall()[: len(before)] == before
    at = one(user, "select ts from iasql_audit_log where table_name = 'team' and key = '{\"id\": 5}'")
    assert one(user, "select count(*) from team_at(%s)", at) == 3
    worked.seal()
    assert worked.verify(worked.export("parquet")).problems == []


def test_nothing_is_moved_that_is_still_needed(site: Site) -> None:
    user = site.database.connect()
    with pytest.raises(Refused, match="only the partition that is written to"):
        archive(site)
    site.seal()
    assert one(site.engine, "select iasql.rotate(now => true)")
    with pytest.raises(Refused, match="no commit or tick has dealt with"):
        archive(site)
    site.engine.execute("select iasql.settle((select max(id) from public.iasql_audit_log))")
    with pytest.raises(Refused, match="younger"):
        archives.archive(
            site.engine, Folder(site.folder / "archive"), datetime(2000, 1, 1, tzinfo=UTC), lambda d, t: None
        )
    assert one(user, "select count(*) from iasql_archive") == 0


def test_a_changed_archive_does_not_come_back(worked: Site) -> None:
    archive(worked)
    (file,) = (worked.folder / "archive").rglob("changes.parquet")
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(Refused, match="is not the file that was archived"):
        attach(worked)


@pytest.mark.parametrize(
    ("attack", "expected"),
    [
        ("update iasql.audit_log_carried_{high} set changed_by = 'x' where table_name = 'zone'",
         "what was carried over"),
        ("update iasql.audit_away set record = 1", "no record tells of their archive"),
        ("delete from iasql.audit_away", "seal 1 was changed"),
    ],
)  # fmt: skip
def test_what_was_carried_over_is_watched(worked: Site, attack: str, expected: str) -> None:
    high = archive(worked)["high"] + 1
    admin = worked.database.admin()
    admin.execute(f"alter table iasql.audit_log_carried_{high} disable trigger user".encode())
    admin.execute(attack.format(high=high).encode())
    ok, reason = worked.database.connect().execute("select ok, reason from iasql_audit_verify()").fetchone()  # type: ignore[misc]
    assert not ok
    assert expected in reason


def test_a_month_begins_a_partition(site: Site) -> None:
    assert not one(site.engine, "select iasql.rotate()")
    assert one(site.engine, "select iasql.rotate(5)")
    assert not one(site.engine, "select iasql.rotate(5)")
    site.database.connect().execute("insert into zone values ('new month')")
    admin = site.database.admin()
    admin.execute("alter table public.iasql_audit_log disable trigger user")
    admin.execute("update iasql_audit_log set ts = ts - interval '32 days'")
    assert one(site.engine, "select iasql.rotate()")
