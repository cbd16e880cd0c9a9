"""The rulebook: versions of the rules, each adopted by an event from an instant on."""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.errors import FieldProblem, Invalid, NotFound
from domain.events import rulebook as events
from domain.events.values import SYSTEM
from domain.identity import NAMESPACE
from domain.rulebook_text import InvalidRulebook, Rulebook, parse, parse_stored
from domain.texts import prose

_stored = lru_cache(maxsize=64)(parse_stored)
_THE_ID = uuid5(NAMESPACE, "rulebook")
FIRST_EFFECTIVE = datetime(1970, 1, 1, tzinfo=UTC)
"""The first version decides from before any event, so no instant is without rules."""


def default_text() -> str:
    """The rulebook that a new log opens with."""
    return (files("domain") / "rulebooks" / "enterprise.toml").read_text(encoding="utf-8")


class RulebookStream(Aggregate):
    """The one stream of adopted versions."""

    TOPIC = "rulebook"
    Event = events.RulebookEvent
    Created = events.RulebookOpened
    VersionAdopted = events.VersionAdopted

    if TYPE_CHECKING:  # annotations at run time would make the library write an __init__
        adopted: tuple[events.VersionAdopted, ...]

    @staticmethod
    def the_id() -> UUID:
        """The id of the one stream."""
        return _THE_ID

    @classmethod
    def open(cls, *, at: datetime) -> RulebookStream:
        """Begin with the default version, which decides from the beginning of time."""
        stream = cls._create(events.RulebookOpened, id=cls.the_id(), timestamp=at, actor=SYSTEM)
        stream._adopt(
            default_text(), FIRST_EFFECTIVE, "the rules of a new log", actor=SYSTEM, at=at
        )
        return stream

    def adopt(
        self, toml: str, *, effective_from: datetime, reason: str, actor: str, at: datetime
    ) -> Rulebook:
        """Adopt a version. It never decides about the past: deadlines given stay (design §4).

        Raises Invalid that names line and value of each problem in the text.
        """
        if effective_from < at:
            raise Invalid.field(
                "effective_from",
                "in-the-past",
                zh="生效时间不能早于现在",
                en="must not lie in the past",
            )
        reason = prose("reason", reason, characters_max=2000)
        return self._adopt(toml, effective_from, reason, actor=actor, at=at)

    def in_force(self, at: datetime) -> Rulebook:
        """The version that decides at `at`: of those effective, the latest adopted to begin."""
        effective = [found for found in self.adopted if found.effective_from <= at]
        latest = max(effective, key=lambda found: (found.effective_from, found.originator_version))
        return _stored(latest.toml)

    def as_known(self, at: datetime) -> RulebookStream:
        """The versions that had been adopted by an instant; to be read, not to adopt another."""
        known = copy(self)
        known.adopted = tuple(found for found in self.adopted if found.timestamp <= at)
        return known

    def rules_of(self, version: str) -> Rulebook:
        """A version by its name. Raises NotFound."""
        return _stored(self.adoption(version).toml)

    def adoption(self, version: str) -> events.VersionAdopted:
        """The event that adopted a version. Raises NotFound."""
        for found in self.adopted:
            if found.version == version:
                return found
        raise NotFound("rulebook", version)

    def _adopt(
        self, toml: str, effective_from: datetime, reason: str, *, actor: str, at: datetime
    ) -> Rulebook:
        try:
            rules = parse(toml)
        except InvalidRulebook as error:
            raise Invalid(
                *(
                    FieldProblem(
                        f"toml.{problem.key}",
                        "rulebook",
                        f"第 {problem.line or '?'} 行：{problem.message_zh}",
                        f"line {problem.line or '?'}: {problem.message_en}",
                    )
                    for problem in error.problems
                )
            ) from error
        if any(found.version == rules.version for found in self.adopted):
            raise Invalid.field(
                "toml.version",
                "version-taken",
                zh=f"版本 {rules.version} 已存在，请另取名称",
                en=f"version {rules.version} was adopted already: choose another name",
            )
        self.trigger_event(
            events.VersionAdopted,
            timestamp=at,
            actor=actor,
            version=rules.version,
            toml=toml,
            effective_from=effective_from,
            reason=reason,
        )
        return rules
