"""What instances and clusters of them say alike."""

from __future__ import annotations

from typing import Any

from iasql.resource import Image, column, secret


def pending(member: str) -> str:
    """Where AWS tells a value: what it is about to become, else what it is."""
    return f"not_null(PendingModifiedValues.{member}, {member})"


def password() -> Any:
    """The password of the first user, which AWS never tells."""
    return secret(role="write_only", comment="Null leaves the password that AWS has.")


def retention(least: int) -> Any:
    """How long backups are kept."""
    said = "How many days automated backups are kept" + ("." if least else "; 0: none are made.")
    return column(default=1, path=pending("BackupRetentionPeriod"), between=(least, 35), comment=said)


def encryption(default: bool | None = None) -> Any:
    """Whether storage is encrypted."""
    return column(default=default, comment="Whether its storage and backups are encrypted; fixed when made.")


def encryption_key() -> Any:
    """The key of the encryption."""
    return column(comment="The KMS key of its encryption; null: the account's aws/rds key.")


def protection(database: Image) -> str | None:
    """Why it stays: its owner said so."""
    protected = database.get("deletion_protection")
    return "deletion protection is on; set deletion_protection to false and commit first" if protected else None
