"""The application: one method a command, one a question that the log itself answers (design §5).

Every command goes one path (`domain.command_path`); import, demonstration and console included.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import InfrastructureFactory, IntegrityError, Recording
from eventsourcing.utils import Environment

from domain import commands
from domain.command_path import CommandPath, signed_in
from domain.errors import NotFound
from domain.events.values import SYSTEM
from domain.log import Log
from domain.member import Member
from domain.orders import (
    CONSOLE,
    ContactInput,
    Credentials,
    FollowUpInput,
    Order,
    Random,
    Receipt,
    SealedAt,
    Signed,
)
from domain.replay import Answer, History, holder_at
from domain.rulebook import RulebookStream
from domain.sealing import Sealer


class Tenure(Application[UUID]):
    """Who protects which customer, since when, and by which rule."""

    name = "tenure"
    env: ClassVar[dict[str, str]] = {"PERSISTENCE_MODULE": "eventstore"}

    def __init__(
        self,
        factory: InfrastructureFactory[Any],
        sealer: Sealer,
        *,
        random: Random = secrets.token_bytes,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """factory: the event store's. random: unpredictable bytes. pause: waits that many seconds
        before a lost race is decided again."""
        self._given_factory = factory
        self.sealer = sealer
        super().__init__()
        self.reader = Log(self.recorder, self.mapper)
        self._path = CommandPath(self.reader, self.save, sealer, random=random, pause=pause)

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """The factory that was given, so that everything shares one pool and one clock."""
        return self._given_factory

    def save(self, *aggregates: Any, **kwargs: Any) -> list[Recording[UUID]]:
        """Append the aggregates' pending events in one transaction.

        As the library's, less its snapshots and notifications, which are not in use, and its
        protocol checks, which cost a twelfth of a claim.
        """
        events = [event for aggregate in aggregates for event in aggregate.collect_events()]
        return self.events.put(events, **kwargs)

    def open_log(self) -> None:
        """Begin the rulebook and the console's member where the log has none. Idempotent."""
        member_id, rulebook_id = Member.id_of(CONSOLE.member), RulebookStream.the_id()
        read = self.reader.load([(member_id, 0), (rulebook_id, 0)])
        new: list[Aggregate] = []
        if rulebook_id not in read.streams:
            new.append(RulebookStream.open(at=read.now))
        if member_id not in read.streams:
            new.append(
                Member.join(
                    CONSOLE.member,
                    name="控制台",
                    roles=["administrator"],
                    department="-",
                    actor=SYSTEM,
                    at=read.now,
                )
            )
        for aggregate in new:
            try:
                self.save(aggregate)
            except IntegrityError:
                continue  # Another process opened the same log at the same instant.

    # Commands on customers.

    def register(
        self,
        order: Order,
        *,
        name: str,
        address: str,
        industry: str,
        phone: str,
        introduction: str,
        profile: str = "enterprise",
        contacts: Sequence[ContactInput] = (),
        override_reason: str | None = None,
    ) -> Receipt:
        """Enter a customer; this alone protects nobody (S1-024, S1-025, S1-303)."""
        fields = {
            "name": name,
            "address": address,
            "industry": industry,
            "phone": phone,
            "introduction": introduction,
        }
        command = commands.Register(self.sealer, profile, fields, tuple(contacts), override_reason)
        return self._path.carry_out(order, command)

    def claim(
        self,
        order: Order,
        customer_id: UUID,
        *,
        contact: ContactInput | None,
        follow_up: FollowUpInput | None = None,
    ) -> Receipt:
        """Ask for protection for oneself (S1-306, S1-307), or correct a refused claim (A-09)."""
        return self._path.carry_out(order, commands.Claim(customer_id, contact, follow_up))

    def withdraw(self, order: Order, customer_id: UUID, *, what: str, reason: str) -> Receipt:
        """Take a claim back before it is in force."""
        return self._path.carry_out(order, commands.Withdraw(customer_id, what, reason))

    def review(
        self,
        order: Order,
        customer_id: UUID,
        *,
        decision: str,
        reason: str | None,
        different_company: str | None = None,
    ) -> Receipt:
        """Pass or refuse a claim (S1-309 to S1-318)."""
        command = commands.Review(customer_id, decision, reason, different_company)
        return self._path.carry_out(order, command)

    def follow_up(self, order: Order, customer_id: UUID, *, follow_up: FollowUpInput) -> Receipt:
        """Note a contact (S1-029 to S1-031)."""
        return self._path.carry_out(order, commands.FollowUp(customer_id, follow_up))

    def release(self, order: Order, customer_id: UUID, *, reason: str) -> Receipt:
        """Give a customer up (S1-037, S1-038, S1-045)."""
        return self._path.carry_out(order, commands.Release(customer_id, reason))

    def add_contact(self, order: Order, customer_id: UUID, *, contact: ContactInput) -> Receipt:
        """Fill in a contact person (S1-027)."""
        return self._path.carry_out(order, commands.AddContact(customer_id, contact))

    def change_profile(
        self,
        order: Order,
        customer_id: UUID,
        *,
        changes: Mapping[str, str],
        override_reason: str | None = None,
    ) -> Receipt:
        """Correct the record; a new name or phone is checked for collisions again."""
        command = commands.ChangeProfile(self.sealer, customer_id, changes, override_reason)
        return self._path.carry_out(order, command)

    # Commands on people and rules.

    def add_member(
        self, order: Order, *, member: str, name: str, roles: Sequence[str], department: str
    ) -> Receipt:
        """Add a person."""
        return self._path.carry_out(order, commands.AddMember(member, name, roles, department))

    def change_member(
        self,
        order: Order,
        member: str,
        *,
        roles: Sequence[str] | None = None,
        department: str | None = None,
    ) -> Receipt:
        """Set a member's roles, department, or both."""
        return self._path.carry_out(order, commands.ChangeMember(member, roles, department))

    def issue_token(
        self, order: Order, member: str, *, expires_at: datetime | None = None
    ) -> Receipt:
        """Make a bearer token; extra["token"] shows it once."""
        return self._path.carry_out(order, commands.IssueToken(member, expires_at))

    def revoke_token(self, order: Order, member: str, token_id: UUID) -> Receipt:
        """Make a bearer token void."""
        return self._path.carry_out(order, commands.RevokeToken(member, token_id))

    def adopt_rulebook(
        self, order: Order, *, toml: str, effective_from: datetime | None, reason: str
    ) -> Receipt:
        """Adopt a version of the rules; no deadline already given moves."""
        return self._path.carry_out(order, commands.AdoptRulebook(toml, effective_from, reason))

    def sweep(self, candidates: Sequence[UUID]) -> int:
        """Record the ends that passed deadlines imply (S1-035); how many were recorded."""
        return self._path.sweep(candidates)

    # Questions that the log itself answers.

    def authenticate(self, credentials: Credentials) -> Signed:
        """The member behind a live token, with the rights of now. Raises NotSignedIn."""
        read = self.reader.load([], cached=[Member.id_of(credentials.member)])
        return signed_in(credentials, read)

    def now(self) -> datetime:
        """The one clock: the database's, or the test clock."""
        return self.reader.now()

    def history(self, customer_id: UUID) -> History:
        """A customer's own events with their positions and times. Raises NotFound."""
        return self.reader.history(customer_id)

    def holder_at(
        self,
        customer_id: UUID,
        *,
        at: datetime | None = None,
        known_at: datetime | None = None,
        known_position: int | None = None,
    ) -> Answer:
        """Who protected the customer at an instant, as known at another (design §3, §8)."""
        history = self.reader.history(customer_id)
        return holder_at(
            history, at=at or history.now, known_at=known_at, known_position=known_position
        )

    def member_at(self, member: str, at: datetime | None = None) -> Member:
        """A member as of an instant. Raises NotFound, also for one who had not joined then."""
        return self.reader.member_at(member, at)

    def rulebooks(self) -> RulebookStream:
        """Every adopted version."""
        stream = self.reader.load([], cached=[RulebookStream.the_id()]).streams
        found = stream[RulebookStream.the_id()]
        if not isinstance(found, RulebookStream):
            raise NotFound("rulebook", "-")
        return found

    def phone_hash(self, normalised_phone: str) -> str:
        """The keyed hash by which a normalised phone is found again."""
        return self.sealer.keyed_hash("phone", normalised_phone)

    def open_sealed(self, items: Sequence[SealedAt]) -> list[str | None]:
        """The texts of sealed fields; None where the subject's key was destroyed."""
        wrapped = self.reader.subject_keys({item.sealed.subject for item in items})
        bare = {subject: self.sealer.unwrap(subject, key) for subject, key in wrapped.items()}
        return [
            self.sealer.unseal(
                bare[item.sealed.subject],
                item.sealed,
                stream=item.stream_id,
                topic=item.topic,
                field=item.field,
            )
            if item.sealed.subject in bare
            else None
            for item in items
        ]
