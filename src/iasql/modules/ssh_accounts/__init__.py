"""Machines that are reached by SSH: how, and what to do with their files."""

from __future__ import annotations

from iasql.modules.ssh_accounts.functions import FUNCTIONS
from iasql.modules.ssh_accounts.ssh_credentials import SSH_CREDENTIALS
from iasql.resource import Module

MODULE = Module(
    name="ssh_accounts",
    resources=(SSH_CREDENTIALS,),
    functions=FUNCTIONS,
    comment="Machines that are reached by SSH, their commands and files.",
)
