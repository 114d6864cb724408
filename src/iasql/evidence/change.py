"""One row of the log as evidence: text by column, and the digest that its seal covers.

The digest is taken over the row as PostgreSQL prints a JSON array, so that it can be recomputed from any export.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from json.encoder import encode_basestring as quoted

Change = Mapping[str, str | None]

LOGGED = (
    "id", "ts", "xact", "user", "changed_by", "client_addr", "application_name", "origin", "restores", "table_name",
    "change_type", "key", "before", "after", "detail", "message", "transaction_id",
)  # fmt: skip
"""What the log holds; `before` and `after` are the two halves of its `change`, `detail` is a change of another form."""
TOLD = ("transaction_message", "approved_by", "aws_calls", "shared_login")
"""What else an auditor asks of a change: why, who approved it, the AWS calls that carried it out (operation, request
id, seconds), and whether its login is shared, so that it names nobody."""
PROOF = ("seal", "salt", "leaf", "redacted")
"""The seal that covers the row; the salt and the digest of the row; its digest since a value was removed from it."""
COLUMNS = (*LOGGED, *TOLD, *PROOF)
JSON = frozenset({"key", "before", "after", "detail", "aws_calls"})
ROWS = frozenset({"INSERT", "UPDATE", "DELETE"})


def digest(change: Change) -> str:
    """The salted digest of a row as it is now, in hex."""
    salt = bytes.fromhex(change["salt"] or "")
    return hashlib.sha256(salt + canonical(change).encode()).hexdigest()


def canonical(change: Change) -> str:
    """The row as PostgreSQL prints it: `jsonb_build_array(id, ts, ...)::text`."""
    get = change.get
    parts = (
        get("id") or "null", _text(get("ts")), _text(get("xact")), _text(get("user")), _text(get("changed_by")),
        _text(get("client_addr")), _text(get("application_name")), _text(get("origin")), get("restores") or "null",
        _text(get("table_name")), _text(get("change_type")), get("key") or "null", as_logged(change) or "null",
        _text(get("message")), _text(get("transaction_id")),
    )  # fmt: skip
    return f"[{', '.join(parts)}]"


def as_logged(change: Change) -> str | None:
    """The column `change` as the log has it."""
    before, after, detail = change.get("before"), change.get("after"), change.get("detail")
    if before is None and after is None:
        return detail
    halves = [f'"change": {after}'] if after is not None else []
    halves += [f'"original": {before}'] if before is not None else []
    return f"{{{', '.join(halves)}}}{detail or ''}"  # no row of the log has both: such a one does not verify


def _text(value: str | None) -> str:
    return "null" if value is None else quoted(value)
