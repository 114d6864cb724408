"""Which AWS operation a request on the wire is, told without a model: by its target, its action, or its path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
BUCKET = {"tagging": "Tagging", "policy": "Policy", "versioning": "Versioning", "encryption": "Encryption"}
DONE = {"GET": "Get", "PUT": "Put", "DELETE": "Delete", "HEAD": "Head", "POST": "Post"}


def operation(method: str, target: str, headers: Mapping[str, str], body: bytes) -> str:
    """`service.Operation` of a request; its method and path where nothing tells."""
    found = SIGNED_FOR.search(headers.get("authorization", ""))
    service = found["service"] if found else "-"
    if "x-amz-target" in headers:
        return f"{service}.{headers['x-amz-target'].rpartition('.')[2]}"
    if b"Action=" in body:
        return f"{service}.{parse_qs(body.decode())['Action'][0]}"
    return f"{service}.{_rest(method, target) if service == 's3' else f'{method} {target}'}"


def _rest(method: str, target: str) -> str:
    """S3 names no operation: the path and the first word of the query do."""
    parts = urlsplit(target)
    bucket, _, key = parts.path.lstrip("/").partition("/")
    word = next((BUCKET[name] for name in parse_qs(parts.query, keep_blank_values=True) if name in BUCKET), "")
    if word:
        return f"{DONE[method]}Bucket{word}"
    if not bucket:
        return "ListBuckets"
    if key:
        return f"{DONE[method]}Object"
    return {"PUT": "CreateBucket", "GET": "ListObjects"}.get(method, f"{DONE[method]}Bucket")
