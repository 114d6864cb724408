"""A session whose calls are answered here: botocore checks and notes them, and nothing leaves the process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from iasql.cloud.session import Credentials, Session

Answer = Mapping[str, Any] | str | Callable[[Mapping[str, Any]], Any]
"""What an operation answers: a mapping, an error code, or a function of the arguments that gives one of these."""


@attrs.frozen
class Http:
    """As much of an HTTP answer as botocore looks at."""

    status_code: int


class Canned(Session):
    """Answers operations from a mapping by name; an operation that is not in it answers with nothing."""

    def __init__(self, **answers: Answer) -> None:
        super().__init__(Credentials(access_key_id="a", secret_access_key="b"))
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    @property
    def operations(self) -> list[str]:
        """The operations called, in order."""
        return [operation for operation, _ in self.calls]

    def sent(self, operation: str) -> list[dict[str, Any]]:
        """The arguments of each call of an operation."""
        return [arguments for name, arguments in self.calls if name == operation]

    def _new_client(self, service: str, region: str) -> Any:
        client = super()._new_client(service, region)
        client.meta.events.register("provide-client-params", self._note)
        client.meta.events.register("before-call", self._answer)
        return client

    def _note(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        self.calls.append((model.name, dict(params)))

    def _answer(self, model: Any, **_: Any) -> tuple[Http, dict[str, Any]]:
        answer = self.answers.get(model.name, {})
        answer = answer(self.calls[-1][1]) if callable(answer) else answer
        about = {"RequestId": f"request-{len(self.calls)}"}
        if isinstance(answer, str):
            about["HTTPStatusCode"] = 400  # type: ignore[assignment]
            text = f"{answer} of {self.calls[-1][1]}"
            return Http(400), {"Error": {"Code": answer, "Message": text}, "ResponseMetadata": about}
        return Http(200), dict(answer) | {"ResponseMetadata": about | {"HTTPStatusCode": 200}}
