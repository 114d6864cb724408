"""How the engine signs in to AWS: ours alone, AWS knows no such thing."""

from __future__ import annotations

from iasql.resource import Resource, local, row, secret


@row
class AwsCredentials:
    """A way to sign in to AWS: the first usable row by id serves; without one, boto3's default chain."""

    access_key_id: str | None = local(comment="With secret_access_key: a user's or a session's key.")
    secret_access_key: str | None = secret(role="local", comment="The key's secret.")
    session_token: str | None = secret(role="local", comment="The token of a temporary key.")
    profile: str | None = local(comment="A profile of the AWS configuration files where the engine runs.")
    role_arn: str | None = local(comment="A role to assume, with whatever else the row or the default chain gives.")
    external_id: str | None = local(comment="What the role's trust policy asks for.")


AWS_CREDENTIALS = Resource(AwsCredentials)
