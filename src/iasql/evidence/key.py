"""The Ed25519 key that seals are signed with. The private half lies in a file outside of the database."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from iasql.errors import InvalidArgument


@attrs.frozen
class PublicKey:
    """What everybody may have: it tells whether the private half has signed something."""

    key: Ed25519PublicKey

    @classmethod
    def read(cls, path: Path) -> PublicKey:
        """The public key in a PEM file; of a private one, its public half."""
        text = _read(path)
        if b"PRIVATE KEY" in text:
            return PrivateKey.read(path).public
        try:
            key = load_pem_public_key(text)
        except ValueError as error:
            raise InvalidArgument(f"{path} holds no public key", detail=str(error)) from error
        if not isinstance(key, Ed25519PublicKey):
            raise InvalidArgument(f"{path} holds no Ed25519 key", hint="iasql audit keygen makes one.")
        return cls(key)

    @property
    def id(self) -> str:
        """A short name that no other key has."""
        raw = self.key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return hashlib.sha256(raw).hexdigest()[:16]

    def signed(self, message: bytes, signature: str) -> bool:
        """Whether the private half has signed this message."""
        try:
            self.key.verify(base64.b64decode(signature), message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def pem(self) -> bytes:
        """As a file."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@attrs.frozen
class PrivateKey:
    """What only the engine has."""

    key: Ed25519PrivateKey = attrs.field(repr=False)

    @classmethod
    def read(cls, path: Path) -> PrivateKey:
        """The private key in a PEM file; raises InvalidArgument where there is none."""
        try:
            key = load_pem_private_key(_read(path), password=None)
        except (ValueError, TypeError):
            raise InvalidArgument(f"{path} holds no private key without a password") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise InvalidArgument(f"{path} holds no Ed25519 key", hint="iasql audit keygen makes one.")
        return cls(key)

    @property
    def public(self) -> PublicKey:
        """The other half."""
        return PublicKey(self.key.public_key())

    def sign(self, message: bytes) -> str:
        """A signature, in base64."""
        return base64.b64encode(self.key.sign(message)).decode()


def generate(path: Path) -> PrivateKey:
    """A new key: the private half in `path`, for its owner's eyes only, the public one beside it with `.pub`."""
    key = PrivateKey(Ed25519PrivateKey.generate())
    text = key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
    except FileExistsError:
        raise InvalidArgument(
            f"{path} is there already", hint="Old seals need their old key: name another file."
        ) from None
    path.with_name(path.name + ".pub").write_bytes(key.public.pem())
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidArgument(f"cannot read the key {path}: {error.strerror}") from None
