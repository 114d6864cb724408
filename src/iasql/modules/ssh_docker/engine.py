"""Docker's API (docs.docker.com/reference/api/engine), asked at its socket on a machine that is reached by SSH."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from iasql.errors import HostError

SOCKET = "/var/run/docker.sock"
MISSING = 404


def ask(shell: Any, method: str, path: str, body: Any = None, **query: str) -> Any:
    """The answer, as JSON where it is some; HostError with what Docker says against it (`gone`: there is no such)."""
    where = f"{path}?{urlencode(query)}" if query else path
    status, answer = shell.request(SOCKET, method, where, body)
    if status >= 400:
        told = _json(answer)
        said = told.get("message") if isinstance(told, dict) else None
        kind = {MISSING: "gone", 409: "exists"}.get(status, "refused")
        raise HostError(f"{shell.name}: Docker: {said or f'status {status}'}", kind=kind)
    return _json(answer)


def pull(shell: Any, image: str) -> None:
    """Fetches an image; Docker tells its progress line by line, and an error in the last."""
    name, _, tag = image.rpartition(":")
    if not name or "/" in tag:
        name, tag = image, "latest"
    told = {} if "@" in image else {"tag": tag}
    status, answer = shell.request(
        SOCKET, "POST", f"/images/create?{urlencode({'fromImage': image if '@' in image else name, **told})}"
    )
    lines = [_json(line) for line in answer.splitlines() if line.strip()]
    errors = [line["error"] for line in lines if isinstance(line, dict) and "error" in line]
    said = errors or [line.get("message") for line in lines if isinstance(line, dict) and status >= 400]
    if said or status >= 400:
        raise HostError(f"{shell.name}: Docker cannot pull {image}: {next(iter(said), None) or f'status {status}'}")


def _json(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        return None
