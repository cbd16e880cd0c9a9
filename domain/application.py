"""The application: one method a command, one a question that the log itself answers (design §5).

Every command goes one path (`domain.command_path`); import, demonstration and console included.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import InfrastructureFactory, IntegrityError, Recording
from eventsourcing.utils import Environment

from domain import commands, snapshots
from domain.command_path import CommandPath
from domain.customer import Customer
from domain.customer_commands import CustomerCommands
from domain.details_commands import DetailsCommands
from domain.dry_run import IRRELEVANT_TOPICS, Fall, Span, falls
from domain.errors import NotFound, NotSignedIn, Unavailable
from domain.events.customer import Registered
from domain.events.values import SYSTEM
from domain.log import Log
from domain.may import Asker, Right, rights
from domain.member import Member
from domain.orders import (
    CONSOLE,
    Credentials,
    Order,
    Random,
    Receipt,
    SealedAt,
    Signed,
)
from domain.organisation import NO_TREE, Departments, Organisation
from domain.party import Party
from domain.replay import Answer, History, holder_at
from domain.replaying import customer_at
from domain.rulebook import RulebookStream
from domain.rulebook_text import Rulebook
from domain.sealing import Sealer
from domain.signed_in import signed_in, who_and_rules
from domain.subject_commands import SubjectCommands
from domain.webhook_commands import WebhookCommands
from domain.work import CountHeld


def _cannot_count(_member: str, _at: datetime) -> int:
    """No views at hand to count in. Raises Unavailable rather than let a limit pass unseen."""
    raise Unavailable("no views to count held customers in")


class Tenure(
    CustomerCommands, SubjectCommands, DetailsCommands, WebhookCommands, Application[UUID]
):
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
        count_held: CountHeld | None = None,
    ) -> None:
        """factory: the event store's. random: unpredictable bytes. pause: waits that many seconds
        before a lost race is decided again. count_held: how many customers a member holds, where
        views are at hand; without it, no claim is decided under a limit (A-35)."""
        self._given_factory = factory
        self.sealer = sealer
        super().__init__()
        self.reader = Log(self.recorder, self.mapper)
        self._path = CommandPath(
            self.reader,
            self.save,
            sealer,
            random=random,
            pause=pause,
            count_held=count_held or _cannot_count,
        )

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """The factory that was given, so that everything shares one pool and one clock."""
        return self._given_factory

    def save(self, *aggregates: Any, **kwargs: Any) -> list[Recording[UUID]]:
        """Append the aggregates' pending events in one transaction.

        As the library's, with snapshots of our own, less its notifications, which are not in use,
        and its protocol checks, which cost a twelfth of a claim.
        """
        due = snapshots.due(aggregates)
        events = [event for aggregate in aggregates for event in aggregate.collect_events()]
        recordings = self.events.put(events, **kwargs)
        if due:
            self.reader.keep_snapshots(due)
        return recordings

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

    def place_department(self, order: Order, department: str, *, parent: str | None) -> Receipt:
        """Put a department, with all below it, under another, or under none."""
        return self._path.carry_out(order, commands.PlaceDepartment(department, parent))

    def issue_token(
        self,
        order: Order,
        member: str,
        *,
        expires_at: datetime | None = None,
        name: str = "",
        scopes: Sequence[str] | None = None,
    ) -> Receipt:
        """Make a bearer token; extra["token"] shows it once."""
        return self._path.carry_out(order, commands.IssueToken(member, expires_at, name, scopes))

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

    def arrange_for_leavers(self, held: Sequence[tuple[UUID, str]]) -> int:
        """Customers that a leaver holds without an arrangement: nobody takes over (A-47).

        held: customer and holder. Only a claim that raced with the arrangement can be such a one.
        """
        return self._path.arrange_for_leavers(held)

    # Questions that the log itself answers.

    def authenticate(self, credentials: Credentials) -> Signed:
        """The member behind a live token, with the rights of now. Raises NotSignedIn."""
        return signed_in(credentials, self.reader.load([], cached=who_and_rules(credentials)))

    def asker(self, credentials: Credentials) -> tuple[Signed, RulebookStream | None]:
        """The same, and every version of the rules, in one round trip; None: there is none yet."""
        read = self.reader.load([], cached=who_and_rules(credentials))
        rules = read.streams.get(RulebookStream.the_id())
        known = rules if isinstance(rules, RulebookStream) else None
        return signed_in(credentials, read), known

    def authenticate_all(self, credentials: Collection[Credentials]) -> dict[Credentials, Signed]:
        """Of these, those whose token is live, each with the rights of now; one round trip."""
        streams = {stream for one in credentials for stream in who_and_rules(one)}
        read = self.reader.load([], cached=streams)
        signed = {}
        for one in credentials:
            with suppress(NotSignedIn):
                signed[one] = signed_in(one, read)
        return signed

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

    def rights(
        self,
        customer_id: UUID,
        member: str,
        *,
        at: datetime | None = None,
        known_at: datetime | None = None,
        known_position: int | None = None,
        history: History | None = None,
    ) -> tuple[list[Right], datetime]:
        """What a member may do with a customer at an instant, and that instant.

        at: None for now. known_at: by what of the customer, the member, departments and rules was
        recorded by then. known_position: of the customer's events only those up to there. history:
        the customer's, where it has been read. Raises NotFound for who or what was not there yet,
        as far as was known.
        """
        history = history or self.reader.history(customer_id)
        at = at or history.now
        seen_to = at if known_at is None else min(at, known_at)
        history = history.known(known_at=known_at, known_position=known_position)
        asker, rulebook = self.reader.member_at(member, seen_to), self.rulebooks()
        customer = customer_at(history, at, rulebook.rules_of)
        asked_by = Asker(
            member,
            asker.roles_at(at),
            self._has_part(customer, member, at, known_at),
            frozenset(self.departments_at(seen_to).with_all_below(asker.department)),
        )
        in_force = rulebook if known_at is None else rulebook.as_known(known_at)
        return rights(customer, asked_by, at, in_force), at

    def _has_part(
        self, customer: Customer, member: str, at: datetime, known_at: datetime | None
    ) -> bool:
        """Whether by `at` the member had sought the customer, or a linked one, in vain, or had a
        part in a linked one; of a linked record that was merged, what it became counts."""
        seen_to = at if known_at is None else min(at, known_at)
        rules_of = self.rulebooks().rules_of
        seen: set[UUID] = set()
        records = [customer]
        while records:
            seen |= {record.id for record in records}
            parts = [(Party.id_of(record.id, member), 0) for record in records]
            noted = self.reader.load(parts).streams.values()
            if any(isinstance(found, Party) and found.created_on <= seen_to for found in noted):
                return True
            if any(record.is_party(member) for record in records if record is not customer):
                return True
            following = {record.merged_into for record in records if record.merged_into}
            if customer in records:
                following |= customer.linked
            records = []
            for other in following - seen:
                with suppress(NotFound):  # Registered after the instant that is asked about.
                    history = self.reader.history(other)
                    known = history.known(known_at=known_at, known_position=None)
                    records.append(customer_at(known, at, rules_of))
        return False

    def member_at(self, member: str, at: datetime | None = None) -> Member:
        """A member as of an instant. Raises NotFound, also for one who had not joined then."""
        return self.reader.member_at(member, at)

    def departments_at(self, at: datetime | None = None) -> Departments:
        """The tree of departments as of an instant."""
        found = self.reader.load([], cached=[Organisation.the_id()]).streams
        stream = found.get(Organisation.the_id())
        return stream.departments_at(at) if isinstance(stream, Organisation) else NO_TREE

    def rulebooks(self) -> RulebookStream:
        """Every adopted version."""
        stream = self.reader.load([], cached=[RulebookStream.the_id()]).streams
        found = stream[RulebookStream.the_id()]
        if not isinstance(found, RulebookStream):
            raise NotFound("rulebook", "-")
        return found

    def falls(
        self, customer_ids: Sequence[UUID], rules: Rulebook, span: Span, *, now: datetime
    ) -> Iterator[tuple[UUID, list[Fall]]]:
        """What changed rules would have let fall to the pool, customer by customer (design §8)."""
        rules_of = self.rulebooks().rules_of
        for events in self.reader.lives(customer_ids, without=IRRELEVANT_TOPICS):
            if isinstance(events[0], Registered):
                yield events[0].originator_id, falls(events, rules, rules_of, now, span)

    def phone_hash(self, normalised_phone: str) -> str:
        """The keyed hash by which a normalised phone is found again."""
        return self.sealer.keyed_hash("phone", normalised_phone)

    def open_sealed(self, items: Sequence[SealedAt]) -> list[str | None]:
        """The texts of sealed fields; None where the subject's key was destroyed or is restricted.

        Keys are read from the database each time and kept nowhere, so that no process opens what
        another one has erased.
        """
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
