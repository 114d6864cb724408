"""Every error IaSQL raises, one tree; each class carries its SQLSTATE and its docstring is the default message."""

from __future__ import annotations

from typing import ClassVar


class IasqlError(Exception):
    """IaSQL could not do what was asked."""

    sqlstate: ClassVar[str] = "XX000"

    def __init__(self, message: str | None = None, *, detail: str | None = None, hint: str | None = None) -> None:
        super().__init__(message or self.default_message())
        self.detail = detail
        self.hint = hint

    @classmethod
    def default_message(cls) -> str:
        """The first line of the class's docstring."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @property
    def message(self) -> str:
        return str(self)


class InvalidArgument(IasqlError):
    """An argument has a value that is not allowed."""

    sqlstate = "22023"


class NotInstalled(IasqlError):
    """The module is not installed."""

    sqlstate = "42704"


class Busy(IasqlError):
    """Another operation is running."""

    sqlstate = "55006"


class NoEngine(IasqlError):
    """No engine answers for this database."""

    sqlstate = "58000"


class NoTransaction(IasqlError):
    """Cannot execute without calling iasql_begin() first"""

    sqlstate = "25P01"


class TransactionOpen(IasqlError):
    """Another transaction is open"""

    sqlstate = "55006"


class InsideTransaction(IasqlError):
    """This function cannot run inside a PostgreSQL transaction that has written something."""

    sqlstate = "25001"


class PermissionDenied(IasqlError):
    """The role may not do this."""

    sqlstate = "42501"


class Refused(IasqlError):
    """The plan may not be carried out."""

    sqlstate = "IA001"


class Conflict(Refused):
    """Rows changed on both sides since they last agreed."""

    sqlstate = "IA002"


class SpanGrew(IasqlError):
    """Somebody kept writing into the transaction while its commit was planned; try again."""

    sqlstate = "40001"


class Cancelled(IasqlError):
    """The operation was cancelled."""

    sqlstate = "57014"


class CloudError(IasqlError):
    """The cloud refused a call."""

    sqlstate = "IA003"

    def __init__(
        self,
        message: str | None = None,
        *,
        table: str | None = None,
        key: object = None,
        operation: str | None = None,
        code: str | None = None,
        text: str | None = None,
        request_id: str | None = None,
        detail: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, detail=detail, hint=hint)
        self.table = table
        self.key = key
        self.operation = operation
        self.code = code
        self.text = text
        self.request_id = request_id


class HostError(CloudError):
    """Another machine refused what was asked of it, or could not be reached."""

    def __init__(self, message: str | None = None, *, kind: str = "refused", hint: str | None = None) -> None:
        super().__init__(message, hint=hint, code="Host", text=message)
        self.kind = kind


class SchemaTooNew(IasqlError):
    """The database's schema is newer than this version of IaSQL."""

    sqlstate = "IA004"


class NoCredentials(IasqlError):
    """No usable AWS credentials were found."""

    sqlstate = "IA005"


class InArchive(IasqlError):
    """What was asked for is in an archive of the log."""

    sqlstate = "IA010"


class ServerInUse(IasqlError):
    """Another server runs on this data folder."""

    sqlstate = "55006"


class ServerFailed(IasqlError):
    """The embedded PostgreSQL server could not be run."""

    sqlstate = "58030"


class DeclarationError(IasqlError):
    """A resource type is declared wrongly."""

    sqlstate = "XX000"


REFUSALS = (Busy, NoTransaction, TransactionOpen, InsideTransaction, PermissionDenied, Refused, SpanGrew)
"""What the state machine refuses: the attempt is logged."""
