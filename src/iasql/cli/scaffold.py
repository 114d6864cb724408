"""`iasql scaffold`: the first draft of a resource type's declaration."""

from __future__ import annotations

from typing import Annotated

import typer


def scaffold(
    service: Annotated[str, typer.Argument(help="The service as botocore names it, e.g. ec2.")],
    shape: Annotated[str, typer.Argument(help="What one row is in AWS's model, e.g. Subnet.")],
) -> None:
    """Print a first draft of a declaration.

    It is made from AWS's model, without a call; `iasql check` says what it lacks.
    """
    from iasql.docgen.scaffold import scaffold as draft

    print(draft(service, shape), end="")
