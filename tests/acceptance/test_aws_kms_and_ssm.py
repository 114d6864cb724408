"""Keys, their aliases, and parameters as a user types them."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack, look_at_one_region


@pytest.fixture
def installed(sql: Sql) -> Sql:
    """Both modules, looking at one region."""
    look_at_one_region(sql, "aws_kms", "aws_ssm")
    return sql


def previewed(sql: Sql) -> list[tuple[str, str]]:
    """What the open transaction would do, by action and table."""
    return sorted((row["action"], row["table_name"]) for row in sql("select * from iasql_preview()"))


def test_keys_and_aliases_come_change_and_go(installed: Sql, stack: Stack) -> None:
    kms = stack.client("kms")
    installed("select * from iasql_begin()")
    installed("insert into kms_key (description, tags) values ('of the app', '{\"a\": \"1\"}')")
    installed("insert into kms_alias (alias_name, target_key_id) select 'alias/app', id from kms_key")
    assert previewed(installed) == [("create", "kms_alias"), ("create", "kms_key")]
    assert kms.list_keys()["Keys"] == []
    installed("select * from iasql_commit()")
    made = kms.describe_key(KeyId="alias/app")["KeyMetadata"]
    row = installed.one("select key_id, arn, description, key_spec, enabled, key_manager from kms_key")
    assert row == {
        "key_id": made["KeyId"], "arn": made["Arn"], "description": "of the app", "key_spec": "SYMMETRIC_DEFAULT",
        "enabled": True, "key_manager": "CUSTOMER",
    }  # fmt: skip

    installed("select * from iasql_begin()")
    installed("update kms_key set description = 'changed', enabled = false, key_rotation_enabled = true")
    installed("select * from iasql_commit()")
    told = kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]
    assert (told["Description"], told["Enabled"]) == ("changed", False)
    assert kms.get_key_rotation_status(KeyId=made["KeyId"])["KeyRotationEnabled"] is True

    # a key for signing is another key, which the alias leads to from then on; the old one waits for 7 days
    installed("select * from iasql_begin()")
    installed("update kms_key set key_usage = 'SIGN_VERIFY', key_spec = 'RSA_2048', key_rotation_enabled = null,"
              " enabled = true, deletion_window_in_days = 7")  # fmt: skip
    assert previewed(installed) == [("replace", "kms_key"), ("update", "kms_alias")]
    installed("select * from iasql_commit()")
    signs = kms.describe_key(KeyId="alias/app")["KeyMetadata"]
    assert (signs["KeyId"] == made["KeyId"], signs["KeySpec"]) == (False, "RSA_2048")
    assert days_left(kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]["DeletionDate"]) == 7

    installed("select * from iasql_begin()")
    installed("delete from kms_alias where alias_name = 'alias/app'")
    installed("delete from kms_key")
    assert previewed(installed) == [("delete", "kms_alias"), ("delete", "kms_key")]
    installed("select * from iasql_rollback()")
    assert installed.one("select alias_name, key_id from kms_alias join kms_key on target_key_id = kms_key.id") == {
        "alias_name": "alias/app", "key_id": signs["KeyId"],
    }  # fmt: skip

    installed("select * from iasql_begin()")
    installed("update kms_key set deletion_window_in_days = 12")
    installed("delete from kms_alias where alias_name = 'alias/app'")
    installed("delete from kms_key")
    installed("select * from iasql_commit()")
    assert days_left(kms.describe_key(KeyId=signs["KeyId"])["KeyMetadata"]["DeletionDate"]) == 12
    assert "alias/app" not in {alias["AliasName"] for alias in kms.list_aliases()["Aliases"]}
    assert installed("select * from iasql_sync()") == []


def days_left(moment: datetime) -> int:
    """Whole days until then, an hour more or less."""
    return (moment - datetime.now(moment.tzinfo) + timedelta(hours=1)).days


def test_a_key_waits_for_as_long_as_aws_lets_it(installed: Sql) -> None:
    installed("select * from iasql_begin()")
    installed("insert into kms_key (deletion_window_in_days) values (3)")
    with pytest.raises(psycopg.Error, match="7 to 30 days"):
        installed("select * from iasql_commit()")


def test_parameters_come_change_and_go(installed: Sql, stack: Stack) -> None:
    ssm = stack.client("ssm")

    def told(name: str) -> str:
        return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])

    installed("select * from iasql_begin()")
    installed("insert into ssm_parameter (name, value, description) values ('/app/level', 'one', 'how much')")
    installed("insert into ssm_parameter (name, type, secret_value) values ('/app/key', 'SecureString', 'hush')")
    assert previewed(installed) == [("create", "ssm_parameter")] * 2
    installed("select * from iasql_commit()")
    assert (told("/app/level"), told("/app/key")) == ("one", "hush")
    assert installed("select name, value, secret_value, version from ssm_parameter order by 1") == [
        {"name": "/app/key", "value": None, "secret_value": "********", "version": 1},
        {"name": "/app/level", "value": "one", "secret_value": None, "version": 1},
    ]

    ssm.put_parameter(Name="/app/level", Value="of a colleague", Type="String", Overwrite=True)
    installed("select * from iasql_refresh(array['ssm_parameter'])")
    assert installed.one("select value, version from ssm_parameter where version > 1") == {
        "value": "of a colleague", "version": 2,
    }  # fmt: skip

    # another name is another parameter
    installed("select * from iasql_begin()")
    installed("update ssm_parameter set secret_value = 'more', tags = '{\"a\": \"1\"}' where type = 'SecureString'")
    installed("update ssm_parameter set name = '/app/depth', value = 'two' where name = '/app/level'")
    assert previewed(installed) == [("replace", "ssm_parameter"), ("update", "ssm_parameter")]
    installed("select * from iasql_commit()")
    assert (told("/app/key"), told("/app/depth")) == ("more", "two")
    assert {each["Name"] for each in ssm.describe_parameters()["Parameters"]} == {"/app/key", "/app/depth"}
    assert not any("hush" in str(row) or "more" in str(row["c"]) for row in
                   installed("select change::text c, message from iasql_audit_log"))  # fmt: skip

    installed("select * from iasql_begin()")
    installed("delete from ssm_parameter")
    installed("select * from iasql_rollback()")
    assert installed.one("select count(*) from ssm_parameter") == {"count": 2}
    installed("select * from iasql_begin()")
    installed("delete from ssm_parameter")
    installed("select * from iasql_commit()")
    assert ssm.describe_parameters()["Parameters"] == []
