"""How a machine is reached by SSH: ours alone."""

from __future__ import annotations

from typing import Annotated

from iasql.modules.ssh_accounts.shell import connect
from iasql.resource import Host, Resource, local, row, secret
from iasql.resource.kinds import Text

LongText = Annotated[str, Text(sql="text")]


@row
class SshCredentials:
    """A machine that is reached by SSH, and the key to sign in with."""

    name: str = local(comment="What the functions and tables of the modules ssh_* call it.")
    hostname: str = local(comment="Its name or address.")
    port: int = local(default=22, comment="Its port.")
    username: str = local(comment="Whom to sign in as.")
    private_key: LongText = secret(role="local", comment="The key to sign in with, as OpenSSH writes it.")
    key_passphrase: str | None = secret(role="local", comment="What the key is encrypted with.")
    host_key: str | None = local(comment="The key that the machine must show; null: learned when it is reached first.")


SSH_CREDENTIALS = Resource(SshCredentials, unique=(("name",),), checks={"port_in_range": "port between 1 and 65535"})

SSH = Host(table="ssh_credentials", column="name", open=connect)
