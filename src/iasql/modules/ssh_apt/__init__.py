"""Packages of machines with apt (Debian, Ubuntu)."""

from __future__ import annotations

from iasql.modules.ssh_apt.package import APT_UPDATE, PACKAGE
from iasql.resource import Module

MODULE = Module(
    name="ssh_apt",
    dependencies=("ssh_accounts",),
    resources=(PACKAGE,),
    functions=(APT_UPDATE,),
    comment="Packages of machines that are reached by SSH.",
)
