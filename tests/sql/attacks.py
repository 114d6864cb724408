"""The tamper table: what somebody with all power over the database, or over an export, does; and what shows it.

The tests do each of these and look who finds it; the table in docs/how-to/evidence.md is told from here.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import attrs

from iasql.evidence.key import generate
from iasql.evidence.manifest import NAME, sha256
from iasql.evidence.publish import Publisher
from tests.sql.site import Site

WITNESSES = ("the export alone", "`--key`", "`--published`")
"""What an auditor has, each with those before it: the first that shows an attack stands with it."""
FILES, KEY, PUBLISHED = range(3)


@attrs.frozen(kw_only=True)
class Attack:
    """One way to tamper.

    said   what verification says of it, as a regular expression; found: the same for people
    by     the first of WITNESSES that shows it offline; in_sql: whether iasql_audit_verify() does
    done   SQL of a superuser who silences the triggers, or what is done to a site
    """

    said: str
    found: str
    by: int = FILES
    in_sql: bool = True
    done: str | Callable[[Site], None]

    def do(self, site: Site) -> None:
        """Tampers with the database."""
        if isinstance(self.done, str):
            site.attack(self.done)
        else:
            self.done(site)


ROW = '(select id from iasql_audit_log where key = \'{"name": "a1"}\' limit 1)'
RESEAL = """
    update iasql.audit_leaf f set digest = iasql.leaf_of(l, f.salt) from iasql_audit_log l where l.id = f.log_id;
    do $$ declare s iasql.audit_seal; before bytea := ''; begin
      set local timezone = 'UTC';
      for s in select * from iasql.audit_seal order by number loop
        s.digest := iasql.seal_digest(s.number, s.low, s.high, before, s.snapshot, s.sealed_at,
          (select string_agg(digest, '' order by log_id) from iasql.audit_leaf where seal = s.number));
        update iasql.audit_seal x set digest = s.digest, previous = before where x.number = s.number;
        before := s.digest;
      end loop;
    end $$"""
EDIT = f"update iasql_audit_log set changed_by = 'nobody' where id = {ROW}"


def sign_with_another_key(site: Site) -> None:
    """Makes the chain anew and signs all of it."""
    site.attack(f"{EDIT}; {RESEAL}; delete from iasql.audit_signature")
    Publisher(key=generate(site.folder / "other")).catch_up(site.engine)


ATTACKS = {
    "a row is edited": Attack(done=EDIT, said=r"row \d+ was changed", found="row *n* was changed"),
    "a row is deleted": Attack(
        done=f"delete from iasql_audit_log where id = {ROW}",
        said=r"row \d+ was deleted",
        found="row *n* was deleted",
    ),
    "a row is deleted with its digest": Attack(
        done=f"delete from iasql.audit_leaf where log_id = {ROW}; delete from iasql_audit_log where id = {ROW}",
        said="1 of the 2 rows of seal 2 are missing",
        found="*k* of the rows of a seal are missing",
    ),
    "two rows change places": Attack(
        done=f"""update iasql_audit_log l set (key, change, ts) = (select o.key, o.change, o.ts from iasql_audit_log o
          where o.id = 2 * {ROW} + 1 - l.id) where l.id between {ROW} and {ROW} + 1""",
        said=r"row \d+ was changed",
        found="row *n* was changed",
    ),
    "a row is added": Attack(
        done=f"""insert into iasql_audit_log overriding system value select -1, ts, xact, "user", changed_by,
          client_addr, application_name, origin, restores, table_name, change_type, '{{"name": "forged"}}', change,
          message, transaction_id from iasql_audit_log where id = {ROW}""",
        said="row -1 was added after seal 3",
        found="row *n* was added after seal *m*",
    ),
    "a seal is forged": Attack(
        done=f"""{EDIT};
        update iasql.audit_leaf f set digest = iasql.leaf_of(l, f.salt) from iasql_audit_log l where l.id = f.log_id;
        update iasql.audit_seal s set digest = iasql.seal_digest(number, low, high, previous, snapshot, sealed_at,
          (select string_agg(digest, '' order by log_id) from iasql.audit_leaf where seal = s.number))
        where number = 2""",
        said="seal 3 does not follow seal 2",
        found="seal *m* does not follow",
    ),
    "a seal between others is deleted": Attack(
        done="""delete from iasql.audit_leaf where seal = 2; delete from iasql.audit_seal where number = 2;
        delete from iasql.audit_signature where seal = 2""",
        said="seal 3 does not follow seal 1",
        found="seal *m* does not follow",
    ),
    "the youngest seal is deleted": Attack(
        done="delete from iasql.audit_seal where number = 3; delete from iasql.audit_signature where seal = 3",
        said="row [0-9]+ claims seal 3, which is not there",
        found="row *n* claims seal *m*, which is not there",
    ),
    "a change goes around the triggers": Attack(
        done="update zone set note = 'silent' where name = 'b1'",
        said="zone .*b1.* was changed, and the log does not know of it",
        found="the row was changed, and the log does not know of it",
    ),
    "an insert goes around the triggers": Attack(
        done="insert into zone values ('silent')", said="zone .*silent.* is new", found="the row is new"
    ),
    "a delete goes around the triggers": Attack(
        done="delete from zone where name = 'b2'", said="zone .*b2.* is gone", found="the row is gone"
    ),
    "the tail that has no seal yet is deleted": Attack(
        done="delete from iasql_audit_log where id = (select max(id) from iasql_audit_log)",
        said="zone .*a0.* was changed",
        found="the row was changed, and the log does not know of it",
    ),
    "an edit is called a redaction that is not on record": Attack(
        done=f"""{EDIT}; update iasql.audit_leaf f set redacted = iasql.leaf_of(l, f.salt) from iasql_audit_log l
          where l.id = f.log_id and l.id = {ROW}""",
        said="no redaction of it is on record",
        found="row *n* was changed",
    ),
    "an edit is called a redaction, on a record that nobody signed": Attack(
        done="""select iasql.redact(id, '{change,change,note}', '\\x00', 'because') from iasql_audit_log
          where key = '{"name": "a0"}' and change_type = 'INSERT'""",
        said="the key has not signed that",
        found="row *n* was redacted, and the key has not signed that",
        by=KEY,
        in_sql=False,
    ),
    "the chain is made anew": Attack(
        done=f"{EDIT}; {RESEAL}",
        said="the signature of seal 2 does not fit: the seal is forged",
        found="the signature of seal *m* does not fit",
        by=KEY,
        in_sql=False,
    ),
    "the chain is made anew, without signatures": Attack(
        done=f"{EDIT}; {RESEAL}; delete from iasql.audit_signature",
        said="no seal is signed by the key",
        found="no seal is signed by the key",
        by=KEY,
        in_sql=False,
    ),
    "the chain is made anew and signed with another key": Attack(
        done=sign_with_another_key,
        said="is signed by another key",
        found="seal *m* is signed by another key",
        by=KEY,
        in_sql=False,
    ),
    "the youngest seal is deleted with its digests": Attack(
        done="""delete from iasql.audit_leaf where seal = 3; delete from iasql.audit_seal where number = 3;
        delete from iasql.audit_signature where seal = 3""",
        said="seal 3 was published and is not there: the tail was deleted",
        found="seal *m* was published and is not there",
        by=PUBLISHED,
        in_sql=False,
    ),
    "the tail is deleted with its seals, and the tables follow": Attack(
        done=f"""delete from iasql_audit_log where id >= {ROW};
        delete from iasql.audit_leaf where seal >= 2; delete from iasql.audit_seal where number >= 2;
        delete from iasql.audit_signature where seal >= 2;
        delete from zone where name not in ('a0', 'b0'); update zone set note = 'x' where name = 'a0'""",
        said="seal 2 was published and is not there: the tail was deleted",
        found="seal *m* was published and is not there",
        by=PUBLISHED,
        in_sql=False,
    ),
}


# what is done to an export, by somebody who makes the manifest fit


@attrs.define
class Files:
    """The files of an export in CSV."""

    folder: Path

    def read(self, name: str) -> list[list[str]]:
        """The rows with their head."""
        with (self.folder / f"{name}.csv").open(newline="") as file:
            return list(csv.reader(file))

    def write(self, name: str, rows: list[list[str]]) -> None:
        """The rows, and what the manifest says of them."""
        path = self.folder / f"{name}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(rows)
        manifest = json.loads((self.folder / NAME).read_text())
        told = {"rows": len(rows) - 1, "bytes": path.stat().st_size, "sha256": sha256(path)}
        manifest["files"][path.name] = told
        (self.folder / NAME).write_text(json.dumps(manifest))


def take_out(files: Files) -> None:
    """A row is not there."""
    files.write("changes", [row for row in files.read("changes") if '"b1"' not in str(row)])


def edit(files: Files) -> None:
    """A value is another."""
    rows = files.read("changes")
    files.write(
        "changes", [[cell.replace('"y"', '"z"') if '"b1"' in str(row) else cell for cell in row] for row in rows]
    )


def approve(files: Files) -> None:
    """Somebody is said to have approved it."""
    head, *rows = files.read("changes")
    at = head.index("approved_by")
    files.write("changes", [head, *([*row[:at], "eve", *row[at + 1 :]] if '"b1"' in str(row) else row for row in rows)])


def swap(files: Files) -> None:
    """Two rows change places."""
    *rows, last, least = files.read("changes")
    files.write("changes", [*rows, least, last])


def without_the_last_seal(files: Files) -> None:
    """The rows that it covers stay."""
    files.write("seals", files.read("seals")[:-1])


def cut(files: Files) -> None:
    """All that came after the second seal."""
    *seals, _ = files.read("seals")
    files.write("seals", seals)
    high = int(seals[-1][seals[0].index("high")])
    head, *rows = files.read("changes")
    files.write("changes", [head, *(row for row in rows if int(row[0]) <= high)])
    head, *tables = files.read("tables")
    kept = [row for row in tables if '"a2"' not in row[1] and '"b2"' not in row[1]]
    files.write("tables", [head, *([cell.replace('"tail"', '"x"') for cell in row] for row in kept)])


@attrs.frozen(kw_only=True)
class Forgery:
    """One way to tamper with an export; as Attack."""

    said: str
    found: str
    by: int = FILES
    done: Callable[[Files], None]


FORGERIES = {
    "a line of the export is edited": Forgery(done=edit, said=r"row \d+ was changed", found="row *n* was changed"),
    "a line of the export is taken out": Forgery(
        done=take_out, said="1 of the 2 rows of seal 2 are missing", found="*k* of the rows of a seal are missing"
    ),
    "a line of the export tells of another approval, or reason": Forgery(
        done=approve, said=r"who approved row \d+ is not what the log says", found="it is not what the log says"
    ),
    "two lines of the export change places": Forgery(
        done=swap, said=r"row \d+ comes after row \d+", found="row *n* comes after row *m*"
    ),
    "the youngest seal is taken out of the export": Forgery(
        done=without_the_last_seal,
        said=r"row \d+ claims seal 3, which is not there",
        found="row *n* claims seal *m*, which is not there",
    ),
    "the end of the export is cut off, in all of its files": Forgery(
        done=cut,
        said="seal 3 was published and is not there: the tail was deleted",
        found="seal *m* was published and is not there",
        by=PUBLISHED,
    ),
}


def table() -> list[str]:
    """The lines of the table in Markdown."""
    lines = ["| what is done | `iasql audit verify` finds | needs | `iasql_audit_verify()` |", "|---|---|---|---|"]
    for what, attack in ATTACKS.items():
        lines.append(f"| {what} | {attack.found} | {WITNESSES[attack.by]} | {'finds it' if attack.in_sql else '-'} |")
    for what, forgery in FORGERIES.items():
        lines.append(f"| {what} | {forgery.found} | {WITNESSES[forgery.by]} | |")
    return lines
