"""access_key_request and set_user_password: what AWS tells once, or never, and no row could hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from iasql.resource import Argument, Function

if TYPE_CHECKING:
    from collections.abc import Iterator


def request_access_key(context: Any, *, user_name: str) -> Iterator[dict[str, Any]]:
    """One row with the new key and its secret, which AWS never tells again."""
    try:
        key = context.client("iam").create_access_key(UserName=user_name)["AccessKey"]
    except (ClientError, BotoCoreError) as error:
        yield {"status": "ERROR", "message": str(error), "accesskeyid": None, "secretaccesskey": None}
        return
    yield {"status": "SUCCESS", "message": "Access key created. Note the secret: AWS does not tell it again",
           "accesskeyid": key["AccessKeyId"], "secretaccesskey": key["SecretAccessKey"]}  # fmt: skip


ACCESS_KEY_REQUEST = Function(
    name="access_key_request",
    arguments=(Argument("user_name", "text"),),
    returns=(("status", "text"), ("message", "text"), ("accesskeyid", "text"), ("secretaccesskey", "text")),
    run=request_access_key,
    mutates=True,
    refreshes=("access_key",),
    comment="Makes an access key of an IAM user; the secret is shown this once.",
    sample="select * from access_key_request('alice')",
)


def set_password(
    context: Any, *, user_name: str, password: str, reset_password: bool | str | None
) -> Iterator[dict[str, Any]]:
    """One row: OK, or ERROR with what AWS said. An empty password takes console access away."""
    iam = context.client("iam")
    reset = str(reset_password or "false").lower() in ("true", "t", "on", "yes", "1")
    try:
        message = put_password(iam, user_name, password, reset) if password else remove_password(iam, user_name)
    except (ClientError, BotoCoreError) as error:
        yield {"status": "ERROR", "message": str(error)}
        return
    yield {"status": "OK", "message": message}


def put_password(iam: Any, user_name: str, password: str, reset: bool) -> str:
    """Gives the user this password, the first one or another."""
    given = {"UserName": user_name, "Password": password, "PasswordResetRequired": reset}
    try:
        iam.update_login_profile(**given)
    except iam.exceptions.NoSuchEntityException:
        # Of a user that does not exist this raises again, and says so.
        iam.create_login_profile(**given)
        return "Password set"
    return "Password changed"


def remove_password(iam: Any, user_name: str) -> str:
    """Takes the user's console access away, if there is any."""
    iam.get_user(UserName=user_name)
    try:
        iam.delete_login_profile(UserName=user_name)
    except iam.exceptions.NoSuchEntityException:
        return "The user has no password"
    return "Password removed"


SET_USER_PASSWORD = Function(
    name="set_user_password",
    arguments=(
        Argument("user_name", "text"),
        Argument("password", "text"),
        Argument("reset_password", "boolean", "false"),
    ),
    returns=(("status", "text"), ("message", "text")),
    run=set_password,
    mutates=True,
    comment="Gives an IAM user a console password; an empty one takes console access away.",
    sample="select * from set_user_password('alice', 'a-Long-0ne', true)",
)
