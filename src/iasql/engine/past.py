"""What the log tells of calls that a transaction has made already, by the token of each task.

A commit that is taken up again goes by this: what is done is not done twice. The next step is
`iasql.engine.carry_out`.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import psycopg

from iasql.log import calls
from iasql.plan.state import Image


@attrs.frozen(kw_only=True)
class Past:
    """The tokens of tasks that were done, with what was agreed; of those nobody heard of; and of those half made."""

    answers: Mapping[str, Image] = attrs.field(factory=dict)
    unheard: frozenset[str] = frozenset()
    made: Mapping[str, Image] = attrs.field(factory=dict)

    @classmethod
    def read(cls, connection: psycopg.Connection, transaction: str) -> Past:
        """The past of a transaction, as the log has it now."""
        answers: dict[str, Image] = {}
        made: dict[str, Image] = {}
        unheard: set[str] = set()
        for call in calls.made_by(connection, transaction):
            if call.is_done:
                answers[call.token] = call.agreed or {}
                unheard.discard(call.token)
            elif call.agreed:
                made[call.token] = call.agreed
            elif not call.is_heard:
                unheard.add(call.token)
        return cls(answers=answers, unheard=frozenset(unheard), made=made)

    @property
    def begun(self) -> frozenset[str]:
        """The tokens of everything that may have changed the cloud."""
        return self.unheard | self.answers.keys() | self.made.keys()


NOTHING = Past()
