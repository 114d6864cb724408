"""Keys, their aliases, and parameters as a user types them."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_kms", "aws_ssm")


def previewed(sql: Sql) -> list[tuple[str, str]]:
    """What the open transaction would do, by action and table."""
    return sorted((row["action"], row["table_name"]) for row in sql("select * from iasql_preview()"))


def test_keys_and_aliases_come_change_and_go(sql: Sql, stack: Stack) -> None:
    kms = stack.client("kms")
    sql("select * from iasql_begin()")
    sql("insert into kms_key (description, tags) values ('of the app', '{\"a\": \"1\"}')")
    sql("insert into kms_alias (alias_name, target_key_id) select 'alias/app', id from kms_key")
    assert previewed(sql) == [("create", "kms_alias"), ("create", "kms_key")]
    assert kms.list_keys()["Keys"] == []
    sql("select * from iasql_commit()")
    made = kms.describe_key(KeyId="alias/app")["KeyMetadata"]
    row = sql.one("select key_id, arn, description, key_spec, enabled, key_manager from kms_key")
    assert row == {
        "key_id": made["KeyId"], "arn": made["Arn"], "description": "of the app", "key_spec": "SYMMETRIC_DEFAULT",
        "enabled": True, "key_manager": "CUSTOMER",
    }  # fmt: skip

    sql("select * from iasql_begin()")
    sql("update kms_key set description = 'changed', enabled = false, key_rotation_enabled = true")
    sql("select * from iasql_commit()")
    told = kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]
    assert (told["Description"], told["Enabled"]) == ("changed", False)
    assert kms.get_key_rotation_status(KeyId=made["KeyId"])["KeyRotationEnabled"] is True

    # a key for signing is another key, which the alias leads to from then on; the old one waits for 7 days
    sql("select * from iasql_begin()")
    sql("update kms_key set key_usage = 'SIGN_VERIFY', key_spec = 'RSA_2048', key_rotation_enabled = null,"
              " enabled = true, deletion_window_in_days = 7")  # fmt: skip
    assert previewed(sql) == [("replace", "kms_key"), ("update", "kms_alias")]
    sql("select * from iasql_commit()")
    signs = kms.describe_key(KeyId="alias/app")["KeyMetadata"]
    assert (signs["KeyId"] == made["KeyId"], signs["KeySpec"]) == (False, "RSA_2048")
    assert days_left(kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]["DeletionDate"]) == 7

    sql("select * from iasql_begin()")
    sql("delete from kms_alias where alias_name = 'alias/app'")
    sql("delete from kms_key")
    assert previewed(sql) == [("delete", "kms_alias"), ("delete", "kms_key")]
    sql("select * from iasql_rollback()")
    assert sql.one("select alias_name, key_id from kms_alias join kms_key on target_key_id = kms_key.id") == {
        "alias_name": "alias/app", "key_id": signs["KeyId"],
    }  # fmt: skip

    sql("select * from iasql_begin()")
    sql("update kms_key set deletion_window_in_days = 12")
    sql("delete from kms_alias where alias_name = 'alias/app'")
    sql("delete from kms_key")
    sql("select * from iasql_commit()")
    assert days_left(kms.describe_key(KeyId=signs["KeyId"])["KeyMetadata"]["DeletionDate"]) == 12
    assert "alias/app" not in {alias["AliasName"] for alias in kms.list_aliases()["Aliases"]}
    assert sql("select * from iasql_sync()") == []


def days_left(moment: datetime) -> int:
    """Whole days until then, an hour more or less."""
    return (moment - datetime.now(moment.tzinfo) + timedelta(hours=1)).days


def test_a_key_waits_for_as_long_as_aws_lets_it(sql: Sql) -> None:
    sql("select * from iasql_begin()")
    sql("insert into kms_key (deletion_window_in_days) values (3)")
    with pytest.raises(psycopg.Error, match="7 to 30 days"):
        sql("select * from iasql_commit()")


def test_parameters_come_change_and_go(sql: Sql, stack: Stack) -> None:
    ssm = stack.client("ssm")

    def told(name: str) -> str:
        return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])

    sql("select * from iasql_begin()")
    sql("insert into ssm_parameter (name, value, description) values ('/app/level', 'one', 'how much')")
    sql("insert into ssm_parameter (name, type, secret_value) values ('/app/key', 'SecureString', 'hush')")
    assert previewed(sql) == [("create", "ssm_parameter")] * 2
    sql("select * from iasql_commit()")
    assert (told("/app/level"), told("/app/key")) == ("one", "hush")
    assert sql("select name, value, secret_value, version from ssm_parameter order by 1") == [
        {"name": "/app/key", "value": None, "secret_value": "********", "version": 1},
        {"name": "/app/level", "value": "one", "secret_value": None, "version": 1},
    ]

    ssm.put_parameter(Name="/app/level", Value="of a colleague", Type="String", Overwrite=True)
    sql("select * from iasql_refresh(array['ssm_parameter'])")
    assert sql.one("select value, version from ssm_parameter where version > 1") == {
        "value": "of a colleague", "version": 2,
    }  # fmt: skip

    # another name is another parameter
    sql("select * from iasql_begin()")
    sql("update ssm_parameter set secret_value = 'more', tags = '{\"a\": \"1\"}' where type = 'SecureString'")
    sql("update ssm_parameter set name = '/app/depth', value = 'two' where name = '/app/level'")
    assert previewed(sql) == [("replace", "ssm_parameter"), ("update", "ssm_parameter")]
    sql("select * from iasql_commit()")
    assert (told("/app/key"), told("/app/depth")) == ("more", "two")
    assert {each["Name"] for each in ssm.describe_parameters()["Parameters"]} == {"/app/key", "/app/depth"}
    assert not any("hush" in str(row) or "more" in str(row["c"]) for row in
                   sql("select change::text c, message from iasql_audit_log"))  # fmt: skip

    sql("select * from iasql_begin()")
    sql("delete from ssm_parameter")
    sql("select * from iasql_rollback()")
    assert sql.one("select count(*) from ssm_parameter") == {"count": 2}
    sql("select * from iasql_begin()")
    sql("delete from ssm_parameter")
    sql("select * from iasql_commit()")
    assert ssm.describe_parameters()["Parameters"] == []
