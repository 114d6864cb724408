"""What both sides last had in common: the histories that need no AWS."""

from __future__ import annotations

from typing import Any

import attrs
import psycopg
import pytest

from iasql.log import agreement, calls, markers, net
from iasql.log.agreement import Standing
from iasql.log.calls import Intent, Outcome
from tests.sql.conftest import begin, one

pytestmark = pytest.mark.usefixtures("tables")
KEY = {"id": 1}


@attrs.frozen
class Story:
    """Somebody at the tables and the engine beside, on row 1 of team."""

    user: psycopg.Connection
    engine: psycopg.Connection
    writer: psycopg.Connection

    def imported(self, **values: Any) -> None:
        """The row comes in from the cloud."""
        image = {"id": 1, "name": "a", "arn": "arn:1", **values}
        self.write("insert", **image)

    def write(self, op: str, **image: Any) -> None:
        """The engine writes the row."""
        columns = [name for name in image if op == "insert" or name != "id"]
        self.writer.execute(
            "select iasql.write_rows('public.team', %s, %s, %s)",
            [op, columns, psycopg.types.json.Jsonb([{"id": 1, **image}])],
        )

    def call(self, tx: str, verb: str, *, agreed: Any = None, ended: Any = None, error: Any = None) -> None:
        """The engine asks the cloud."""
        (intent,) = calls.intend(self.engine, tx, [Intent(table_name="team", key=KEY, verb=verb, token="t")])
        done = Outcome(table_name="team", key=KEY, intent=intent, verb=verb, agreed=agreed, ended=ended, error=error)
        calls.conclude(self.engine, tx, [done])

    def commit(self, tx: str, **agreed: Any) -> None:
        """A commit that sends these values."""
        markers.start_commit(self.engine, tx, net.last_id(self.engine, tx))
        self.call(tx, "update", agreed=agreed)
        markers.end_commit(self.engine, tx)
        markers.close(self.engine, tx)

    @property
    def standing(self) -> Standing:
        """What the log says of the row."""
        (found,) = agreement.standing(self.engine, "team", [KEY])
        return found

    @property
    def pending(self) -> set[str]:
        """The columns whose present value differs from what was agreed; `row` for a deleted one."""
        image = one(self.engine, "select image from iasql.images('team', array['{\"id\": 1}'::jsonb])")
        found = self.standing
        if image is None:
            return {"row"} if found.agreed is not None else set()
        agreed = found.agreed or {}
        return {c for c in ("name", "region", "tags") if (image[c] != agreed[c] if c in agreed else c in found.written)}


@pytest.fixture
def story(user: psycopg.Connection, engine: psycopg.Connection, writer: psycopg.Connection) -> Story:
    return Story(user, engine, writer)


def test_a_new_row_has_none(story: Story) -> None:
    story.user.execute("set iasql.actor = 'ada'; insert into team (name) values ('a')")
    assert story.standing.agreed is None
    assert set(story.standing.written) >= {"name", "region", "tags"}
    assert story.standing.changed_by == ("ada",)


def test_an_unknown_row(story: Story) -> None:
    assert agreement.standing(story.engine, "team", [{"id": 99}]) == [
        Standing(key={"id": 99}, agreed=None, written=(), changed_by=())
    ]


def test_an_import_agrees_everything(story: Story) -> None:
    story.imported()
    assert story.standing.agreed == {"id": 1, "name": "a", "region": "us-east-1", "tags": None, "arn": "arn:1"}
    assert story.pending == set()


def test_an_engine_s_update_agrees_only_what_it_changed(story: Story) -> None:
    """The write-back of arn beside pending tags: tags are still pending."""
    story.user.execute("insert into team (name, tags) values ('a', '{\"x\": 1}')")
    story.write("update", arn="arn:1")
    assert story.standing.agreed == {"arn": "arn:1"}
    assert "tags" in story.pending


def test_a_pending_column_beside_a_write_back(story: Story) -> None:
    story.imported()
    story.user.execute("update team set tags = '{\"x\": 1}'")
    story.write("update", arn="arn:2")
    assert story.pending == {"tags"}
    assert story.standing.changed_by == ("iasql",)


def test_outside_then_begin_then_rollback_is_still_pending(story: Story) -> None:
    """Outside A->B, begin, ->D, rollback: B, still pending."""
    story.imported()
    story.user.execute("update team set name = 'B'")
    begin(story.user)
    story.user.execute("update team set name = 'D'")
    story.user.execute("select * from iasql_rollback()")
    assert one(story.user, "select name from team") == "B"
    assert story.pending == {"name"}


def test_begin_change_rollback_leaves_nothing_pending(story: Story) -> None:
    """And a later C of the cloud comes in without conflict."""
    story.imported()
    begin(story.user)
    story.user.execute("update team set name = 'B'; delete from team")
    story.user.execute("select * from iasql_rollback()")
    assert story.pending == set()
    assert story.standing.written == ()
    assert agreement.pending(story.engine) == []
    story.write("update", name="C")
    assert story.pending == set()
    assert (story.standing.agreed or {})["name"] == "C"


def test_there_and_back_leaves_nothing_pending(story: Story) -> None:
    story.imported()
    story.user.execute("update team set name = 'B'")
    story.user.execute("update team set name = 'a'")
    assert (story.pending, story.standing.written) == (set(), ())


def test_a_failed_call_s_bring_back_agrees_nothing(story: Story) -> None:
    story.imported()
    story.user.execute("update team set name = 'B'")
    tx = begin(story.user)
    story.user.execute("update team set name = 'D', tags = '{}'")
    markers.start_commit(story.engine, tx, net.last_id(story.engine, tx))
    story.call(tx, "update", error={"code": "AccessDenied"})
    markers.start_revert(story.engine, tx)
    markers.rollback_span(story.engine, tx)
    markers.end_revert(story.engine, tx)
    markers.fail(story.engine, tx, "refused", residues=False)
    assert story.user.execute("select name, tags from team").fetchall() == [("B", None)]
    assert story.pending == {"name"}
    assert (story.standing.agreed or {})["name"] == "a"


def test_an_edit_between_start_commit_and_the_outcome_stays_pending(story: Story) -> None:
    story.imported()
    tx = begin(story.user)
    story.user.execute("update team set name = 'B'")
    markers.start_commit(story.engine, tx, net.last_id(story.engine, tx))
    story.user.execute("update team set name = 'later'")
    story.call(tx, "update", agreed={"name": "B"})
    markers.end_commit(story.engine, tx)
    markers.close(story.engine, tx)
    assert story.pending == {"name"}
    assert (story.standing.agreed or {})["name"] == "B"
    assert [key for _, key in agreement.pending(story.engine)] == [KEY]


def test_both_sides_set_the_same_then_the_cloud_moves_on(story: Story) -> None:
    """Both set B (an AGREED row), then C in the cloud: no conflict."""
    story.imported()
    story.user.execute("update team set name = 'B'")
    calls.log_agreed(story.engine, one(story.engine, "select iasql.new_id()"), [("team", KEY, {"name": "B"})])
    assert story.pending == set()
    assert story.standing.changed_by == ()


def test_delete_and_insert_again_with_the_same_key(story: Story) -> None:
    """An update, never a deletion and a creation: the agreement is the row's."""
    story.imported()
    begin(story.user)
    story.user.execute("delete from team")
    assert story.pending == {"row"}
    assert story.standing.changed_by == ("iasql",)
    assert agreement.lost_keys(story.engine, "team") == [KEY]
    story.user.execute("insert into team (id, name, tags) values (1, 'a', '{}')")
    assert story.pending == {"tags"}
    assert agreement.lost_keys(story.engine, "team") == []


def test_a_new_row_that_was_adopted_and_rolled_back_is_not_lost(story: Story) -> None:
    """What it turned out to stand for was there before: a tick must not take it for deleted here."""
    tx = begin(story.user)
    story.user.execute("insert into team (name) values ('a')")
    calls.log_agreed(story.engine, tx, [("team", KEY, {"name": "a", "arn": "arn:1"})])
    assert story.standing.agreed == {"name": "a", "arn": "arn:1"}
    story.user.execute("select * from iasql_rollback()")
    assert story.pending == set()
    assert agreement.lost_keys(story.engine, "team") == []


def test_a_deleted_row_is_lost_until_its_end(story: Story) -> None:
    story.imported()
    tx = begin(story.user)
    story.user.execute("delete from team")
    assert agreement.lost_keys(story.engine, "team") == [KEY]
    assert agreement.lost_keys(story.engine, "team", net.top(story.engine)) == []
    markers.start_commit(story.engine, tx, net.last_id(story.engine, tx))
    story.call(tx, "delete", ended={"arn": "arn:1"})
    markers.end_commit(story.engine, tx)
    markers.close(story.engine, tx)
    assert story.standing.agreed is None
    assert agreement.lost_keys(story.engine, "team") == []


def test_the_old_half_of_a_replace_does_not_end_the_new_half(story: Story) -> None:
    story.imported()
    tx = begin(story.user)
    story.user.execute("update team set region = 'eu-west-1'")
    story.call(tx, "create", agreed={"region": "eu-west-1", "arn": "arn:2"})
    story.call(tx, "delete", ended={"arn": "arn:1"})
    assert (story.standing.agreed or {})["arn"] == "arn:2"
    assert story.pending == set()
    story.call(tx, "delete", ended={"arn": "arn:2"})
    assert story.standing.agreed is None


def test_the_cloud_s_deletion_ends_it(story: Story) -> None:
    """Whoever writes the row again makes a new one."""
    story.imported()
    story.user.execute("update team set name = 'B'")
    story.write("delete")
    assert story.standing == Standing(key=KEY, agreed=None, written=(), changed_by=())
    story.user.execute("insert into team (id, name) values (1, 'again')")
    assert story.standing.agreed is None
    assert "name" in story.standing.written


def test_uninstall_ends_it_and_reinstall_finds_the_key(story: Story) -> None:
    story.imported()
    tx = one(story.engine, "select iasql.new_id()")
    story.engine.execute("select iasql.log_all_deleted('team', %s)", [tx])
    assert story.standing.agreed is None
    assert agreement.last_keys(story.engine, "team", [{"arn": "arn:1"}, {"arn": "arn:9"}]) == [({"arn": "arn:1"}, KEY)]
    story.engine.execute("delete from public.team")
    story.engine.execute("select iasql.raise_sequence('team')")
    story.user.execute("insert into team (name) values ('b')")
    assert one(story.user, "select id from team") == 2


def test_a_rolled_back_deletion_brings_computed_columns_back(story: Story) -> None:
    story.imported()
    begin(story.user)
    story.user.execute("delete from team")
    story.user.execute("select * from iasql_rollback()")
    assert one(story.user, "select arn from team") == "arn:1"
    assert story.pending == set()


def test_who_changed_what(story: Story) -> None:
    story.imported()
    story.user.execute("set iasql.actor = 'ada'; update team set name = 'B'")
    story.user.execute("set iasql.actor = 'bob'; update team set tags = '{}'")
    assert set(story.standing.changed_by) == {"ada", "bob"}
    story.user.execute("update team set name = 'a'")
    assert story.standing.changed_by == ("bob",)


def test_net_of_a_transaction(story: Story) -> None:
    story.imported()
    story.writer.execute("insert into public.team (id, name) values (2, 'gone'), (3, 'same')")
    story.engine.execute("select iasql.raise_sequence('team')")
    tx = begin(story.user)
    story.user.execute("update team set name = 'b', tags = '{}' where id = 1")
    story.write("update", arn="arn:2", region="by the engine")
    story.user.execute("update team set tags = null where id = 1")
    story.user.execute("delete from team where name = 'gone'")
    story.user.execute("update team set name = 'x' where name = 'same'; update team set name = 'same' where name = 'x'")
    story.user.execute("insert into team (name) values ('new'); update team set name = 'newer' where name = 'new'")
    story.user.execute("insert into team (name) values ('t'); delete from team where name = 't'")
    found = {row.key["id"]: row for row in net.net(story.engine, tx)}
    assert (found[1].before, found[1].after) == ({"name": "a"}, {"name": "b"})
    assert (found[2].remains, (found[2].before or {})["name"], found[2].after) == (False, "gone", None)
    assert (found[4].existed, found[4].before, (found[4].after or {})["name"]) == (False, None, "newer")
    assert sorted(found) == [1, 2, 4]
    touched = {row.key["id"]: row for row in net.touched(story.engine, tx)}
    assert touched[1].columns == ("name",)
    assert (touched[2].deleted, touched[2].columns, touched[4].inserted) == (True, None, True)


def kept(engine: psycopg.Connection) -> list[tuple[Any, ...]]:
    """The folds that are kept."""
    return engine.execute("select table_name, key, up_to from iasql.fold").fetchall()


def keep(engine: psycopg.Connection, most: int = 3) -> None:
    """As the sealer does, once nothing can be missing any more."""
    top = "select max(id) from public.iasql_audit_log"
    while one(engine, f"select iasql.catch_up(({top}), {most})") is not None:
        continue


def test_long_histories_are_read_on_from_where_they_were_kept(story: Story, engine: psycopg.Connection) -> None:
    story.imported(tags={})
    story.user.execute("insert into team (id, name) values (2, 'short')")
    for number in range(4):
        story.user.execute("update team set tags = %s where id = 1", [psycopg.types.json.Jsonb({"n": number})])
    keep(engine)
    (first,) = kept(engine)
    assert first[:2] == ("team", KEY)
    story.user.execute("update team set name = 'b' where id = 1")
    keep(engine)
    assert kept(engine) == [first]
    told = story.standing
    assert (told.agreed, set(told.written)) == ({**(told.agreed or {}), "name": "a", "tags": {}}, {"name", "tags"})
    everything = engine.execute("select * from iasql.standing('team') order by key").fetchall()
    engine.execute("delete from iasql.fold")
    assert engine.execute("select * from iasql.standing('team') order by key").fetchall() == everything
    engine.execute("update iasql.caught_up set log_id = 0")
    keep(engine, 6)
    assert [row[:2] for row in kept(engine)] == [("team", KEY)]
    assert engine.execute("select * from iasql.standing('team') order by key").fetchall() == everything


def test_nothing_is_kept_of_what_may_still_come(story: Story, engine: psycopg.Connection) -> None:
    """By itself it goes no further than a seal that no running transaction is older than."""
    story.imported(tags={})
    story.user.execute("update team set tags = null where id = 1")
    engine.execute("select iasql.seal()")
    assert one(engine, "select iasql.catch_up(most => 1)") is None
    assert kept(engine) == []
