"""The view `audit`: every event in words, and a customer's history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from domain.contract import Contract
from domain.events import Bar, Product, Sealed, TokenIssued, VersionAdopted
from projections import audit
from projections.audit import AuditEntry
from projections.view import LogEntry
from tests.projections.stories import (
    DAY,
    RULEBOOK,
    START,
    TICK,
    Story,
    TestLog,
    a_contact,
    a_member,
    a_party,
    a_refusal,
    an_identity,
)
from tests.stored_events import samples

SECRET = "never-to-be-shown"


def test_every_event_is_there_once_in_the_order_of_the_log(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = Story().registered().claimed()
    last = log.append(story, an_identity(story), a_refusal(story.id), a_member("new"))
    follow()
    positions = [entry.position for entry in _walk(cursor)]
    assert positions == list(range(1, last + 1))
    newest = [entry.position for entry in _walk(cursor, newest_first=True)]
    assert newest == positions[::-1]


def test_an_entry_tells_what_happened_to_whom_by_whom_when_and_by_which_rules(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = Story().registered().claimed().review_passed().then(DAY)
    position = log.append(story.released(bar=Bar("zhang", story.at + 3 * DAY)))
    follow()
    (found,) = _walk(cursor, customer_id=story.id, topic="customer.released")
    assert (found.position, found.stream_id, found.version) == (position, story.id, 4)
    assert (found.actor, found.at, found.rulebook) == ("zhang", story.at, RULEBOOK)
    assert (found.reason, found.rule) == ("没有需求", None)
    assert "放弃" in found.zh
    assert "gave" in found.en
    assert found.recorded_at > START
    assert found.facts["bar"]["member"] == "zhang"
    assert found.facts["stage"] == "potential"
    assert not {"timestamp", "actor", "originator_id"} & found.facts.keys()


@pytest.mark.clause("S1-302")
def test_a_refusal_tells_its_rule_and_stands_in_the_customers_history(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = Story().registered().claimed()
    log.append(story, a_refusal(story.id))
    log.append(an_identity(story), story.then(DAY).followed_up())
    follow()
    entries = list(_pages(lambda **page: audit.history(cursor, story.id, **page)))
    assert [entry.topic for entry in entries] == [
        "customer.registered",
        "customer.claimed",
        "refusal.recorded",
        "customer.followed_up",
    ]
    refusal = entries[2]
    assert (refusal.actor, refusal.rule, refusal.clause) == ("zhao", "already-protected", "S1-302")
    assert refusal.facts["facts"] == {"holder": "zhang", "stage": "waiting"}
    assert refusal.customer_id == story.id


def test_nothing_that_is_sealed_hashed_or_secret_leaves(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    contact = a_contact(phone_hash=SECRET)
    story = Story().registered(
        phone=Sealed(uuid4(), SECRET), phone_hash=SECRET, contacts=[a_contact(SECRET)]
    )
    story.claimed(contact=contact).profile_changed(phone=Sealed(uuid4(), SECRET), phone_hash=SECRET)
    token = TokenIssued(
        originator_id=uuid4(),
        originator_version=2,
        timestamp=START,
        actor="console",
        token_id=uuid4(),
        digest=SECRET,
        expires_at=None,
    )
    identity = an_identity(story, "phone")
    log.append(story, token, replace(identity, key=SECRET), an_identity(story, "name"))
    follow()
    cursor.execute("SELECT jsonb_agg(to_jsonb(audit))::text FROM views.audit")
    told = cursor.fetchone()[0]
    assert SECRET not in told
    assert contact.name.box not in told
    (claimed,) = _walk(cursor, customer_id=story.id, topic="customer.claimed")
    assert claimed.facts["contact"] == {"id": str(contact.id), "position": "采购经理"}
    (changed,) = _walk(cursor, customer_id=story.id, topic="customer.profile_changed")
    assert "phone" not in changed.facts
    reserved = _walk(cursor, customer_id=story.id, topic="identity.reserved")
    assert [sorted(entry.facts) for entry in reserved] == [
        ["customer_id", "kind"],
        ["customer_id", "key", "kind"],
    ]


def test_what_a_merge_moved_is_told_without_what_is_sealed(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    contact = replace(a_contact(phone_hash=SECRET), name=Sealed(uuid4(), SECRET))
    first = Story().registered().claimed().review_passed()
    moved = Contract("HT-1", "zhang", START, START + DAY, products=(Product("空调", 2, None),))
    second = Story().registered().absorbed(first, moved=True, contacts=[contact], contracts=[moved])
    log.append(first.merged(second, moved=True), second)
    follow()
    (found,) = _walk(cursor, customer_id=second.id, topic="customer.duplicate_absorbed")
    assert SECRET not in str(found)
    assert found.facts["contacts"] == [{"id": str(contact.id), "position": "采购经理"}]
    held = found.facts["protection"]
    assert (held["holder"], held["stage"], held["until"]) == (
        "zhang",
        "potential",
        (START + 30 * DAY).isoformat().replace("+00:00", "Z"),
    )
    assert found.facts["contracts"][0]["products"] == [
        {"name": "空调", "quantity": 2, "price": None}
    ]


def test_who_sought_a_customer_in_vain_is_told_of_that_customer(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = Story().registered().claimed()
    log.append(story, a_party(story.id, "zhao"))
    follow()
    (found,) = _walk(cursor, customer_id=story.id, topic="party.noted")
    assert (found.actor, found.facts["rule"]) == ("zhao", "already-protected")


@pytest.mark.clause("S1-020")
def test_the_statement_of_a_report_is_its_reason(log: TestLog, follow: Any, cursor: Any) -> None:
    story = Story().registered().duplicate_reported(Story())
    log.append(story)
    follow()
    (found,) = _walk(cursor, customer_id=story.id, topic="customer.duplicate_reported")
    assert found.reason == "同一家公司"


def test_the_text_of_a_rulebook_is_left_to_its_own_answer(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    adopted = VersionAdopted(
        originator_id=uuid4(),
        originator_version=1,
        timestamp=START,
        actor="console",
        version="2027-1",
        toml=SECRET,
        effective_from=START,
        reason="新年度",
    )
    log.append(adopted)
    follow()
    (found,) = _walk(cursor, topic="rulebook.version_adopted")
    assert "toml" not in found.facts
    assert (found.facts["version"], found.reason) == ("2027-1", "新年度")


def test_the_audit_is_filtered_by_actor_topic_and_time(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    actor = f"actor-{uuid4().hex[:8]}"
    story = Story().registered(actor=actor).claimed(actor).then(DAY).followed_up()
    log.append(story)
    follow()

    def topics(**asked: Any) -> list[str]:
        return [entry.topic.partition(".")[2] for entry in _walk(cursor, actor=actor, **asked)]

    assert topics() == ["registered", "claimed", "followed_up"]
    assert topics(topic="customer.claimed") == ["claimed"]
    assert topics(start=START + DAY) == ["followed_up"]
    assert topics(start=START, end=START + DAY) == ["registered", "claimed"]
    assert topics(start=START + TICK, end=START + DAY) == []


def test_the_audit_is_filtered_by_rule_by_place_and_by_the_beginning_of_a_kind(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    rival = f"rival-{uuid4().hex[:8]}"
    story = Story().registered(actor=rival).claimed()
    first = log.append(story, a_refusal(story.id, actor=rival))
    log.append(a_refusal(story.id, actor=rival, rule="barred"), a_party(story.id, rival))
    other = Story().registered(actor=rival)
    log.append(a_refusal(other.id, actor=rival), other, a_member(rival))
    follow()

    def told(**asked: Any) -> list[int]:
        forward = [entry.position - first for entry in _walk(cursor, **asked)]
        back = [entry.position - first for entry in _walk(cursor, newest_first=True, **asked)]
        assert forward == back[::-1]
        return forward

    assert told(actor=rival) == [-2, 0, 1, 2, 3, 4]
    assert told(actor=rival, rule="already-protected") == [0, 3]
    assert told(actor=rival, rule="already-protected", customer_id=story.id) == [0]
    assert told(customer_id=story.id, rule="barred") == [1]
    assert told(actor=rival, topic="customer.") == [-2, 4]
    assert told(actor=rival, topic="refusal.") == [0, 1, 3]
    assert told(actor=rival, topic="customer.claimed") == []
    assert told(actor=rival, topic="customer") == []
    assert told(customer_id=story.id, topic="customer.") == [-2, -1]
    assert told(actor=rival, topic="customer.", rule="barred") == []
    assert told(actor=rival, topic="refusal.", rule="barred") == [1]
    assert told(positions=[first + 2, first, first + 99]) == [0, 2]
    assert told(positions=[first, first + 1], rule="barred") == [1]
    assert told(positions=[]) == []
    assert told(actor=rival, upto=first + 1) == [-2, 0, 1]
    assert told(actor=rival, topic="refusal.", upto=first) == [0]


def test_what_rests_on_a_rule_is_found_by_its_slug_and_by_its_clause(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    opener = f"opener-{uuid4().hex[:8]}"
    story = Story().registered().claimed().dispute_opened(opener, rule="already-protected")
    story.dispute_ruled(actor=opener, rule="S1-302")
    log.append(story, a_refusal(story.id, actor=opener), a_party(story.id, opener))
    follow()
    for rule in ("already-protected", "S1-302"):
        for asked in ({"actor": opener}, {"customer_id": story.id}):
            found = _walk(cursor, rule=rule, **asked)
            assert [entry.topic for entry in found] == [
                "customer.dispute_opened",
                "customer.dispute_ruled",
                "refusal.recorded",
            ]
    (ruled,) = _walk(cursor, rule="S1-302", actor=opener, topic="customer.dispute_ruled")
    assert (ruled.rule, ruled.clause) == ("S1-302", None)
    assert len(list(_walk(cursor, rule="S1-302", actor=opener, topic="customer."))) == 2
    assert list(_walk(cursor, rule="S1-302", actor=opener, topic="member.")) == []


def test_a_lapse_is_found_on_the_day_of_its_deadline_though_it_was_recorded_later(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = Story().registered().claimed().review_passed()
    deadline = START + 30 * DAY
    log.append(story)
    follow()
    log.append(Story(at=START + 40 * DAY).registered())
    last = log.append(story.lapsed(deadline))
    follow()
    day = {"start": deadline - DAY / 2, "end": deadline + DAY / 2}
    for asked in ({}, {"topic": "customer.lapsed"}, {"customer_id": story.id}):
        assert [entry.position for entry in _walk(cursor, **day, **asked)] == [last]
    assert list(_walk(cursor, start=deadline + TICK, end=deadline + 2 * TICK)) == []
    assert last not in [entry.position for entry in _walk(cursor, end=deadline)]
    assert last in [entry.position for entry in _walk(cursor, end=deadline + TICK)]


def test_facts_carry_texts_of_every_kind(log: TestLog, follow: Any, cursor: Any) -> None:
    hostile = 'a\\b\t"c"\n{d} \\N 😀'
    story = Story().registered(introduction=hostile, name=hostile)
    log.append(story)
    follow()
    (found,) = _walk(cursor, customer_id=story.id)
    assert found.facts["introduction"] == hostile
    assert hostile in found.zh


def _walk(cursor: Any, **asked: Any) -> Iterator[AuditEntry]:
    return _pages(lambda **page: audit.audit(cursor, **asked, **page))


def _pages(ask: Any) -> Iterator[AuditEntry]:
    after = None
    while True:
        page = ask(limit=2, after=after)
        yield from page.items
        if page.next is None:
            return
        after = list(page.next)


def test_what_an_absorbed_record_was_called_is_told_without_the_hash_of_its_phone() -> None:
    sample = next(one for one in samples() if one.topic == "customer.duplicate_absorbed")
    row = audit._row(LogEntry(1, START, sample.topic, sample.event()))
    assert [alias.keys() for alias in row.facts["aliases"]] == [{"name_key", "core"}]
