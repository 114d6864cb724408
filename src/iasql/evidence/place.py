"""Where evidence is kept outside of the database: a folder, or a bucket of S3 with a prefix.

Nothing is written over: what is there already stays. In a bucket with object lock nobody can remove it, either.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from iasql.errors import InvalidArgument

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

S3 = "s3://"


class Place(Protocol):
    """A place for files by name; names may hold slashes."""

    def put(self, name: str, body: bytes) -> bool:
        """Writes a file; False where one of that name is there, which stays."""
        ...

    def get(self, name: str) -> bytes:
        """What a file holds."""
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """The names that begin so, in order."""
        ...

    def send(self, file: Path, name: str) -> None:
        """Copies a file there."""
        ...

    def fetch(self, name: str, file: Path) -> None:
        """Copies a file from there."""
        ...

    def clock(self) -> datetime | None:
        """AWS's time; None where the place is none of AWS's."""
        ...


def place(told: str) -> Place:
    """What a path or an s3:// address names."""
    if not told.startswith(S3):
        return Folder(Path(told))
    bucket, _, prefix = told.removeprefix(S3).partition("/")
    if not bucket:
        raise InvalidArgument(f"{told} names no bucket", hint="s3://bucket/prefix")
    return Bucket(bucket, prefix.rstrip("/"))


@attrs.frozen
class Folder:
    """A folder, at best on a disk that the database's administrators cannot write to."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def put(self, name: str, body: bytes) -> bool:
        """Writes a file, read-only; False where there is one."""
        target = self._target(name)
        if target.exists():
            return False
        new = target.with_name(f".{target.name}.{os.getpid()}")
        new.write_bytes(body)
        new.chmod(0o444)
        try:
            os.link(new, target)  # fails where somebody else was faster
        except FileExistsError:
            return False
        finally:
            new.unlink()
        return True

    def get(self, name: str) -> bytes:
        """What a file holds."""
        return (self.path / name).read_bytes()

    def names(self, prefix: str) -> Iterator[str]:
        """The names that begin so, in order."""
        found = (str(file.relative_to(self.path)) for file in self.path.rglob("*") if file.is_file())
        yield from sorted(name for name in found if name.startswith(prefix) and "/." not in f"/{name}")

    def send(self, file: Path, name: str) -> None:
        """Copies a file there."""
        target = self._target(name)
        if target.exists():
            raise InvalidArgument(f"{target} is there already")
        shutil.copyfile(file, target)
        target.chmod(0o444)

    def fetch(self, name: str, file: Path) -> None:
        """Copies a file from there."""
        shutil.copyfile(self.path / name, file)

    def clock(self) -> datetime | None:
        """A folder has no clock of its own."""
        return None

    def _target(self, name: str) -> Path:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


@attrs.define
class Bucket:
    """A bucket of S3; what it keeps, and for how long, is the bucket's own rule (object lock, default retention)."""

    bucket: str
    prefix: str
    _client: Any = None

    def __str__(self) -> str:
        return f"{S3}{self.bucket}/{self.prefix}"

    @property
    def client(self) -> Any:
        """S3 as boto3's default chain signs in."""
        if self._client is None:
            import boto3

            self._client = boto3.Session().client("s3")
        return self._client

    def put(self, name: str, body: bytes) -> bool:
        """Writes an object; False where there is one."""
        from botocore.exceptions import ClientError

        try:
            self.client.put_object(Bucket=self.bucket, Key=self._key(name), Body=body, IfNoneMatch="*")
        except ClientError as error:
            if _code(error) in ("PreconditionFailed", "412"):
                return False
            raise
        return True

    def get(self, name: str) -> bytes:
        """What an object holds."""
        return bytes(self.client.get_object(Bucket=self.bucket, Key=self._key(name))["Body"].read())

    def names(self, prefix: str) -> Iterator[str]:
        """The names that begin so, in order."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._key(prefix))
        for page in pages:
            for each in page.get("Contents", ()):
                yield each["Key"][len(self._key("")) :]

    def send(self, file: Path, name: str) -> None:
        """Copies a file there."""
        self.client.upload_file(str(file), self.bucket, self._key(name))

    def fetch(self, name: str, file: Path) -> None:
        """Copies a file from there."""
        self.client.download_file(self.bucket, self._key(name), str(file))

    def clock(self) -> datetime | None:
        """The time by which S3 answers, to the second."""
        answer = self.client.head_bucket(Bucket=self.bucket)
        told = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        return parsedate_to_datetime(told) if told else None

    def locked(self) -> bool:
        """Whether the bucket has object lock."""
        from botocore.exceptions import ClientError

        try:
            found = self.client.get_object_lock_configuration(Bucket=self.bucket)
        except ClientError:
            return False
        return bool(found["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled")

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
