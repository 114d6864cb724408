"""`iasql audit`: evidence from the log, one file a command."""

from __future__ import annotations

import typer

from iasql.cli.audit.archive import archive
from iasql.cli.audit.attach import attach
from iasql.cli.audit.export import export
from iasql.cli.audit.keygen import keygen
from iasql.cli.audit.redact import redact
from iasql.cli.audit.verify import verify

app = typer.Typer(no_args_is_help=True, help="Export, verify, redact and archive the log.")
app.command()(keygen)
app.command()(export)
app.command()(verify)
app.command()(redact)
app.command()(archive)
app.command()(attach)
