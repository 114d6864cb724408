"""Evidence as people make it: a running engine that signs and publishes, the commands, and S3 with object lock."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from iasql.cli.app import run
from iasql.evidence.key import PrivateKey, generate
from iasql.evidence.place import Bucket, place
from iasql.evidence.publish import Publisher, log_of, published
from iasql.server.sealer import Sealer
from tests.databases import Database

BUCKET = "evidence-of-changes"
UNSIGNED = """
    select count(*) from iasql.audit_seal s
    where not exists (select from iasql.audit_signature g where g.seal = s.number)"""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket with object lock."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}}
    s3.put_object_lock_configuration(
        Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    found = place(f"s3://{BUCKET}/audit")
    assert isinstance(found, Bucket)
    yield found
    server.stop()


def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    """Exit code and output of `iasql ...`."""
    monkeypatch.setattr("sys.argv", ["iasql", *words])
    with pytest.raises(SystemExit) as ended:
        run()
    return int(ended.value.code or 0), "".join(capsys.readouterr())


def test_seals_are_published_to_s3(database: Database, bucket: Bucket, tmp_path: Path) -> None:
    """Once, with AWS's clock; nobody writes over them, and object lock keeps them."""
    engine = database.connect("iasql_engine")
    publisher = Publisher(key=generate(tmp_path / "key"), to=bucket)
    engine.execute("select iasql.seal()")
    assert publisher.catch_up(engine) == 1
    assert publisher.catch_up(engine) == 0
    log = log_of(engine)
    (name,) = bucket.names(log)
    told = json.loads(bucket.get(name))
    assert list(published(bucket, log)) == [(1, told["digest"])]
    assert told["log"] == log
    assert told["signature"]
    assert abs(told["skew_seconds"]) < 5
    assert not bucket.put(name, b"other")
    assert bucket.locked()
    s3 = boto3.client("s3")
    version = s3.list_object_versions(Bucket=BUCKET)["Versions"][0]["VersionId"]
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=BUCKET, Key=f"audit/{name}", VersionId=version)


def test_a_sealer_seals_signs_publishes_and_notes_grants(database: Database, tmp_path: Path) -> None:
    to = place(str(tmp_path / "published"))
    publisher = Publisher(key=generate(tmp_path / "key"), to=to)
    sealer = Sealer(address=database.address, database=database.name, publisher=publisher)
    engine = database.connect("iasql_engine")
    sealer.seal(engine)
    query = "select count(*) from public.iasql_audit_log where change_type = 'SETTING' and message = 'grants'"
    assert engine.execute(query).fetchone() == (1,)
    for _ in database.person("iasql_operator"):
        sealer.seal(engine)
        assert engine.execute(query).fetchone() == (2,)
    assert engine.execute("select ok from public.iasql_audit_verify()").fetchone() == (True,)
    assert len(list(published(to, log_of(engine)))) == 2


def test_a_sealer_wakes_when_something_was_sealed(database: Database, tmp_path: Path) -> None:
    signing = Publisher(key=generate(tmp_path / "key"))
    sealer = Sealer(address=database.address, database=database.name, publisher=signing)
    thread = threading.Thread(target=sealer.run)
    thread.start()
    try:
        engine = database.connect("iasql_engine")
        until = time.monotonic() + 60
        while engine.execute("select count(*) from iasql.audit_signature").fetchone() == (0,):
            assert time.monotonic() < until
            time.sleep(0.1)
        engine.execute("select iasql.mark('SETTING', null, 'x'); select iasql.seal()")
        while engine.execute(UNSIGNED).fetchone() != (0,):
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        sealer.stop()
        thread.join(30)
    assert not thread.is_alive()


def test_a_tampered_log_is_told_at_the_start(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    to = place(str(tmp_path / "published"))
    engine = database.connect("iasql_engine")
    engine.execute("select iasql.seal()")
    Publisher(to=to).catch_up(engine)
    admin = database.admin()
    admin.execute("alter table iasql.audit_seal disable trigger user")
    admin.execute("update iasql.audit_seal set digest = sha256('other')")
    Publisher(to=to).catch_up(engine)
    assert "seal 1 was published" in caplog.text


def test_the_commands(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """keygen, export, verify, redact, archive, attach."""

    def iasql(*words: str) -> tuple[int, str]:
        return command(capsys, monkeypatch, *words)

    key = tmp_path / "key"
    monkeypatch.setenv("IASQL_DSN", database.address.dsn("iasql", database.name))
    assert iasql("audit", "keygen", str(key))[0] == 0
    assert key.stat().st_mode & 0o077 == 0
    assert iasql("audit", "keygen", str(key))[0] == 1
    engine = database.connect("iasql_engine")
    database.connect().execute("update iasql_setting set value = 'required' where name = 'commit_message'")
    database.connect().execute("update iasql_setting set value = 'optional' where name = 'commit_message'")
    to = place(str(tmp_path / "published"))
    sealer = Sealer(
        address=database.address, database=database.name, publisher=Publisher(key=PrivateKey.read(key), to=to)
    )
    sealer.seal(engine)
    for form in ("csv", "json", "parquet"):
        folder = str(tmp_path / form)
        code, told = iasql("audit", "export", folder, "--format", form, "--sample", "1", "--seed", "7")
        assert (code, "manifest" in told, f"sample.{'ndjson' if form == 'json' else form}" in told) == (0, False, True)
        witnesses = ("--key", f"{key}.pub", "--published", str(to))
        code, told = iasql("audit", "verify", folder, *witnesses)
        assert (code, told.splitlines()[-1]) == (0, "verified")
    manifests = [json.loads((tmp_path / form / "manifest.json").read_text()) for form in ("csv", "json", "parquet")]
    assert len({manifest["sample"]["population"] for manifest in manifests}) == 1
    assert iasql("audit", "export", str(tmp_path / "csv"))[0] == 1
    engine.execute("select iasql.rotate(now => true), iasql.settle((select max(id) from public.iasql_audit_log))")
    code, told = iasql("audit", "archive", str(tmp_path / "archive"), "--before", "2999-01-01", "--json")
    assert code == 0, told
    assert iasql("audit", "attach")[0] == 0
    assert iasql("audit", "attach")[0] == 1
    row = engine.execute("select max(id) from public.iasql_audit_log where table_name = 'iasql_setting'").fetchone()
    assert row is not None
    code, told = iasql(
        "audit", "redact", str(row[0]), "change.original.value", "--reason", "why not", "--key", str(key)
    )
    assert (code, "redacted" in told) == (0, True), told
    changes = tmp_path / "csv" / "changes.csv"
    changes.write_text(changes.read_text().replace("required", "Required"))
    code, told = iasql("audit", "verify", str(tmp_path / "csv"))
    assert code == 1
    assert "NOT verified; the first bad row:" in told
