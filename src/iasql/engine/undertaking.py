"""What a verb is about to do in the cloud, kept in the log before the first call.

A plan cannot be made again once half of it is done: the old half of a replacement has no row any more, and rows may
have been edited since. So the steps are frozen, and whoever comes after a crash takes up these. The next step is
`iasql.engine.carry_out`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import attrs

from iasql.engine.context import Context
from iasql.engine.job import MASK, shown
from iasql.engine.links import Unresolved
from iasql.engine.sides import read_some
from iasql.log import calls
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Image, Json, Key, cloud_id_of

UNRESOLVED = "$unresolved"
_FIELDS = {field.name: str(field.type) for field in attrs.fields(Step) if field.name not in {"side", "resource"}}


@attrs.frozen(kw_only=True)
class Undertaking:
    """The steps of a verb, with the cloud's own image of each row in them, by handle."""

    transaction: str
    steps: tuple[Step, ...]
    raw: dict[Handle, Image]

    @property
    def keys(self) -> dict[str, list[Key]]:
        """The rows that it is about, by table."""
        found: dict[str, list[Key]] = defaultdict(list)
        for step in self.steps:
            if step.key is not None:
                found[step.resource.table].append(step.key)
        return dict(found)

    def freeze(self, context: Context, verb: str) -> None:
        """Writes it to the log."""
        images = [_as_json(step, self.raw.get(step.handle)) for step in self.steps]
        if images:
            calls.freeze(context.connection, self.transaction, verb, images, context.epoch)


def thawed(context: Context, frozen: calls.Frozen) -> Undertaking:
    """An undertaking as the log has it; rows of modules that are not installed any more are left out."""
    steps: list[Step] = []
    raw: dict[Handle, Image] = {}
    for image in frozen.steps:
        if image["table"] not in context.resources:
            continue
        step = _from_json(context, image)
        steps.append(step)
        if image.get("raw") is not None:
            raw[step.handle] = image["raw"]
    _unmask(context, steps, raw)
    return Undertaking(transaction=frozen.transaction, steps=tuple(steps), raw=raw)


def _as_json(step: Step, raw: Image | None) -> Image:
    told = {name: _told(getattr(step, name)) for name in _FIELDS}
    return {"table": step.resource.table, "raw": None if raw is None else shown(step.resource, raw), **told}


def _from_json(context: Context, image: Image) -> Step:
    heard = {name: _heard(field, image[name]) for name, field in _FIELDS.items() if name in image}
    return Step(side="cloud", resource=context.resources[image["table"]], **heard)


def _told(value: Any) -> Json:
    """A field of a step as JSON; an image names what it refers to and no row stands for."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, dict):
        return {n: {UNRESOLVED: v.cloud_id} if isinstance(v, Unresolved) else v for n, v in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _heard(kind: str, value: Json) -> Any:
    if kind.startswith("frozenset"):
        return frozenset(value)
    if isinstance(value, dict):
        return {name: _value(each) for name, each in value.items()}
    return tuple(value) if kind.startswith(("tuple", "Handle")) and value is not None else value


def _value(value: Json) -> Any:
    return Unresolved(value[UNRESOLVED]) if isinstance(value, dict) and value.keys() == {UNRESOLVED} else value


def _unmask(context: Context, steps: Iterable[Step], raw: dict[Handle, Image]) -> None:
    """Reads masked values again, which the log does not keep, so that no call clears them."""
    hidden = [step for step in steps if MASK in raw.get(step.handle, {}).values() and step.before is not None]
    asked: dict[str, list[Image]] = defaultdict(list)
    for step in hidden:
        asked[step.resource.table].append(step.before or {})
    found = read_some(context, asked) if asked else {}
    for step in hidden:
        known = raw[step.handle]
        fresh = next(
            (
                image
                for image in found.get(step.resource.table, [])
                if cloud_id_of(step.resource, image) == cloud_id_of(step.resource, known)
            ),
            {},
        )
        raw[step.handle] = {name: fresh.get(name) if value == MASK else value for name, value in known.items()}
