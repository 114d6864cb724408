"""Containers of machines with Docker."""

from __future__ import annotations

from iasql.modules.ssh_docker.docker_container import DOCKER_CONTAINER
from iasql.resource import Module

MODULE = Module(
    name="ssh_docker",
    dependencies=("ssh_accounts",),
    resources=(DOCKER_CONTAINER,),
    comment="Docker's containers on machines that are reached by SSH.",
)
