"""The one path of every command (design §5).

Load what it needs in one round trip, ask the aggregates, save events, idempotency row and keys in
one append. A lost race is decided again from the load; a rule that forbids is kept as a refusal
before its error goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import IntegrityError, Recording

from domain import permissions, scopes
from domain.customer import Customer
from domain.errors import (
    IdempotencyMismatch,
    Invalid,
    NotFound,
    Refused,
    Unavailable,
    VersionConflict,
)
from domain.events.refusal import SEEKING
from domain.events.values import SYSTEM
from domain.log import Log, Read
from domain.member import Member
from domain.orders import (
    CommandRecord,
    Order,
    Random,
    Receipt,
    Signed,
    StoredAnswer,
)
from domain.party import Party
from domain.reach import require_permission, rulebook_in
from domain.refusal import Refusal
from domain.rulebook import RulebookStream
from domain.sealing import Sealer
from domain.signed_in import signed_in, who_and_rules
from domain.work import Command, CountHeld, Decision, Work

TRIES_MAX = 20
PAUSE_SECONDS_MAX = 0.05
SWEEP_BATCH = 200
LEFT_MEANWHILE = "the claim came in while the leave was being arranged"
Save = Callable[..., list[Recording[UUID]]]


class CommandPath:
    """Carries commands out.

    save: appends the aggregates' pending events. random: unpredictable bytes. pause: waits that
    many seconds before a lost race is decided again. count_held: how many customers a member holds.
    """

    def __init__(
        self,
        log: Log,
        save: Save,
        sealer: Sealer,
        *,
        random: Random,
        pause: Callable[[float], None],
        count_held: CountHeld,
    ) -> None:
        self._log = log
        self._save = save
        self._sealer = sealer
        self._random = random
        self._pause = pause
        self._count_held = count_held

    def carry_out(self, order: Order, command: Command) -> Receipt:
        """The answer of the command. Raises TenureError; Unavailable after too many lost races."""
        for attempt in range(TRIES_MAX):
            try:
                return self._attempt(order, command)
            except IntegrityError as error:
                lost = error
                self._pause(self._jitter(attempt))
        raise Unavailable from lost

    def sweep(self, candidates: Sequence[UUID]) -> int:
        """Record the ends that passed deadlines imply; how many were recorded.

        A candidate that is not due is left alone. A batch that loses a race goes one by one, and
        one that loses alone was ended by the command that won.
        """
        recorded = 0
        for start in range(0, len(candidates), SWEEP_BATCH):
            batch = candidates[start : start + SWEEP_BATCH]
            try:
                recorded += self._sweep(batch)
            except IntegrityError:
                recorded += sum(self._sweep_one(customer_id) for customer_id in batch)
        return recorded

    def arrange_for_leavers(self, held: Sequence[tuple[UUID, str]]) -> int:
        """Arrange for each what its holder's leave implies; how many were arranged."""
        return sum(self._arrange_for_leaver(customer_id, member) for customer_id, member in held)

    def _attempt(self, order: Order, command: Command) -> Receipt:
        """One try. The checks come in the order of design §5; the first that fails answers."""
        malformed = _malformed(command)
        read = self._read(order, command, own=() if malformed else command.streams())
        signed = signed_in(order.credentials, read)
        if malformed is not None:
            raise malformed
        customer = _customer(command, read)
        if read.command is not None:
            return _answer_again(order, read.command)
        require_permission(command, signed, rulebook_in(read), read)
        scopes.require(signed.scopes, command.name)
        version = customer.version if customer is not None else None
        _require_version(order, command, read)
        work = self._work(read, signed, customer)
        try:
            if customer is not None:
                customer.require_not_merged()
            decision = command.decide(work)
        except Refused as refused:
            self._record_refusal(order, command, work, refused, version)
            raise
        return self._record(order, work, decision)

    def _read(self, order: Order, command: Command, *, own: Iterable[UUID]) -> Read:
        """Everything a command decides on, in one round trip."""
        own = set(own)
        if command.customer_id is not None:
            own.add(command.customer_id)
            if command.name in permissions.DECISIONS:
                own.add(Party.id_of(command.customer_id, order.credentials.member))
        shared = who_and_rules(order.credentials)
        return self._log.load(
            [(stream, 0) for stream in own],
            cached=[stream for stream in shared if stream not in own],
            actor=order.credentials.member if order.key is not None else None,
            key=order.key,
        )

    def _work(self, read: Read, signed: Signed, customer: Customer | None) -> Work:
        """Where the clock stands before the customer's last event, that event's instant counts."""
        return Work(
            at=max(read.now, customer.modified_on) if customer is not None else read.now,
            signed=signed,
            rulebook=rulebook_in(read),
            streams=read.streams,
            sealer=self._sealer,
            random=self._random,
            fetch=lambda ids: self._log.load([(found, 0) for found in ids]).streams,
            fetch_key=self._subject_key,
            count_held=self._count_held,
            fetch_history=self._log.history,
        )

    def _record(self, order: Order, work: Work, decision: Decision) -> Receipt:
        """Save the decision's events together with its answer."""
        about = decision.aggregates[0]
        receipt = _receipt(about, work, decision)
        recordings = self._save(
            *decision.aggregates,
            command=self._command_record(order, {"receipt": msgspec.to_builtins(receipt)}),
            keys=work.new_keys,
            key_changes=decision.key_changes,
        )
        position = _last_position(recordings) or self._log.settled_position()
        return replace(receipt, position=position, extra={**receipt.extra, **decision.shown_once})

    def _record_refusal(
        self, order: Order, command: Command, work: Work, refused: Refused, version: int | None
    ) -> None:
        """Keep the refusal as evidence, before its error goes out.

        Who sought the customer for himself has a part in the matter from then on.
        """
        facts = msgspec.to_builtins(refused.facts())
        customer_id = command.customer_id or UUID(facts["customer_id"])
        refusal = Refusal.record(
            work.new_id(),
            customer_id=customer_id,
            customer_version=version,
            command=command.name,
            rule=refused.slug,
            clause=refused.clause,
            facts=facts,
            asserted=command.asserted(),
            rulebook=work.rules.version,
            actor=work.actor,
            at=work.at,
        )
        answer = {"refused": {"slug": refused.slug, "facts": facts}}
        kept: list[Aggregate] = [refusal]
        if command.name in SEEKING:
            kept += self._new_party(refusal, customer_id, command, work, refused)
        refused.position = _last_position(
            self._save(*kept, command=self._command_record(order, answer))
        )

    def _new_party(
        self, refusal: Refusal, customer_id: UUID, command: Command, work: Work, refused: Refused
    ) -> list[Aggregate]:
        """The member's part in the customer, where it is not known yet."""
        party_id = Party.id_of(customer_id, work.actor)
        work.read([party_id])
        if party_id in work.streams:
            return []
        noted = Party.note(
            customer_id,
            work.actor,
            refusal=refusal.id,
            command=command.name,
            rule=refused.slug,
            at=work.at,
        )
        return [noted]

    def _command_record(self, order: Order, answer: dict[str, Any]) -> CommandRecord:
        """An append that lost its race was not applied, so each try may have an id of its own."""
        command_id = order.command_id or UUID(bytes=self._random(16), version=4)
        return CommandRecord(command_id, order.credentials.member, order.key, order.request, answer)

    def _sweep_one(self, customer_id: UUID) -> int:
        try:
            return self._sweep([customer_id])
        except IntegrityError:
            return 0

    def _arrange_for_leaver(self, customer_id: UUID, member: str) -> int:
        """The claim raced with the arrangement and did not see it; nobody takes over."""
        member_id = Member.id_of(member)
        read = self._log.load([(customer_id, 0)], cached=[member_id, RulebookStream.the_id()])
        customer, leaver = read.streams.get(customer_id), read.streams.get(member_id)
        if not isinstance(customer, Customer) or not isinstance(leaver, Member):
            return 0
        at = max(read.now, customer.modified_on)
        rules_of = rulebook_in(read).rules_of
        customer.expire(at, rules_of)
        held = customer.live_protection(at)
        if leaver.leaves_at is None or held is None or held.holder != member or held.leaving:
            return 0
        customer.arrange_hand_over(
            actor=SYSTEM,
            leaves_at=max(at, leaver.leaves_at),
            to=None,
            department=None,
            reason=LEFT_MEANWHILE,
            at=at,
        )
        customer.expire(at, rules_of)
        try:
            self._save(customer)
        except IntegrityError:
            return 0  # Whoever won left it for the next pass, or ended it.
        return 1

    def _sweep(self, batch: Sequence[UUID]) -> int:
        read = self._log.load(
            [(customer_id, 0) for customer_id in batch], cached=[RulebookStream.the_id()]
        )
        rulebook = rulebook_in(read)
        ended: list[Aggregate] = [
            customer
            for customer in read.streams.values()
            if isinstance(customer, Customer) and customer.expire(read.now, rulebook.rules_of)
        ]
        if ended:
            self._save(*ended)
        return len(ended)

    def _subject_key(self, subject: UUID) -> bytes | None:
        # What is restricted is still stored, so it moves along when its record does.
        wrapped = self._log.subject_keys({subject}, restricted_too=True).get(subject)
        return None if wrapped is None else self._sealer.unwrap(subject, wrapped)

    def _jitter(self, attempt: int) -> float:
        """Seconds before the next try: exponential with full jitter.

        Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
        """
        share = int.from_bytes(self._random(4), "big") / 2**32
        return float(share * min(PAUSE_SECONDS_MAX, 0.002 * 2**attempt))


def _malformed(command: Command) -> Invalid | None:
    """What makes the command malformed; said only to somebody who is signed in."""
    try:
        command.check()
    except Invalid as error:
        return error
    return None


def _customer(command: Command, read: Read) -> Customer | None:
    """The customer of the command; None where it is about none. Raises NotFound."""
    if command.customer_id is None:
        return None
    found = read.streams.get(command.customer_id)
    if not isinstance(found, Customer):
        raise NotFound("customer", command.customer_id)
    return found


def _require_version(order: Order, command: Command, read: Read) -> None:
    """The stream is where its sender saw it. Raises VersionConflict."""
    if order.expected_version is not None:
        stream = read.streams.get(command.about) if command.about is not None else None
        version = stream.version if stream is not None else 0
        if order.expected_version != version:
            raise VersionConflict(version)


def _receipt(about: Aggregate, work: Work, decision: Decision) -> Receipt:
    is_customer = isinstance(about, Customer)
    live = about.live_protection(work.at) if isinstance(about, Customer) else None
    return Receipt(
        customer_id=about.id if is_customer else None,
        version=about.version,
        position=0,
        state=about.state(work.at) if isinstance(about, Customer) else None,
        holder=live.holder if live else None,
        until=live.until if live else None,
        extra=dict(decision.extra),
        group=live.group if live else None,
        held_over_by=live.held_over_by if live else None,
        held_over_until=live.held_over_until if live and live.held_over_by else None,
    )


def _answer_again(order: Order, stored: StoredAnswer) -> Receipt:
    """The first answer under the same key. Raises IdempotencyMismatch, or the refusal again."""
    if stored.request != order.request:
        raise IdempotencyMismatch
    position = stored.answer["position"]
    refused = stored.answer.get("refused")
    if refused is not None:
        error = Refused.from_facts(refused["slug"], refused["facts"])
        error.position, error.replayed = position, True
        raise error
    receipt = msgspec.convert(stored.answer["receipt"], Receipt)
    return replace(receipt, position=position, replayed=True)


def _last_position(recordings: Sequence[Recording[UUID]]) -> int | None:
    return max((recording.notification.id for recording in recordings), default=None)
