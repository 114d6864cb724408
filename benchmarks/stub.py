"""An EC2 for what moto is too slow for: it answers at once, always the same, in the shapes of botocore's model.

`python -m benchmarks.stub PORT ROWS`: so many security groups, told in pages of a thousand; nothing else is there.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import botocore.session

from benchmarks.proxy import received

PAGE = 1000
MANY = {"DescribeSecurityGroups": ("SecurityGroups", 1.0), "DescribeRegions": ("Regions", 0.0)}
"""Operations that tell something: the list that holds it, and whether it has as many members as there are rows."""


@cache
def model() -> Any:
    """botocore's model of EC2."""
    return botocore.session.get_session().get_service_model("ec2")


def answer(action: str, asked: dict[str, list[str]], rows: int) -> bytes:
    """The body of an answer: the rows that a filter names, else the page that begins at the token."""
    parts = []
    for name, member in model().operation_model(action).output_shape.members.items():
        if member.type_name != "list":
            continue
        told, share = MANY.get(action, ("", 0.0))
        numbers, last = _page(asked, max(1, int(rows * share))) if name == told else ((), None)
        parts += _listed(member, name, numbers)
        parts += [f"<nextToken>{last}</nextToken>"] if last is not None else []
    return f"<{action}Response><requestId>stub</requestId>{''.join(parts)}</{action}Response>".encode()


def _page(asked: dict[str, list[str]], total: int) -> tuple[Iterable[int], int | None]:
    """The numbers of the rows to tell, and where the next page begins."""
    ids = [values[0] for name, values in asked.items() if name.startswith("Filter.1.Value.")]
    if ids:
        return [int(each.rpartition("-")[2], 16) for each in ids], None
    first = int(asked.get("NextToken", ["0"])[0])
    last = min(first + PAGE, total)
    return range(first, last), last if last < total else None


def _listed(shape: Any, name: str, numbers: Iterable[int]) -> Iterator[str]:
    tag = shape.serialization.get("name", name)
    yield f"<{tag}>"
    for number in numbers:
        yield f"<item>{_structure(shape.member, number)}</item>"
    yield f"</{tag}>"


def _structure(shape: Any, number: int) -> str:
    """A member of each plain type; texts tell their own name and the number."""
    parts = []
    for name, member in shape.members.items():
        if member.type_name == "string" and name not in ("VpcId", "OptInStatus"):
            text = "us-east-1" if name == "RegionName" else f"{name.lower()}-{number:08x}"
            tag = member.serialization.get("name", name)
            parts.append(f"<{tag}>{escape(text)}</{tag}>")
    return "".join(parts)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rows: int) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            message = await received(reader)
            asked = parse_qs(message.body.decode())
            body = answer(asked["Action"][0], asked, rows)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
    writer.close()


async def _main(port: int, rows: int) -> None:
    server = await asyncio.start_server(lambda r, w: _serve(r, w, rows), "127.0.0.1", port, limit=2**24)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2])))
