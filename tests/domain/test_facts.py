"""What of an event anybody may see: facts, never what is sealed, hashed or secret."""

import json
from datetime import timedelta

from domain.events.facts import facts_of
from domain.identity import Identity
from tests.domain.stories import MONDAY, RULES, a_contact, a_customer, an_id, claimed, potential
from tests.stored_events import samples


def test_facts_hold_no_personal_field_and_no_hash() -> None:
    customer = a_customer()
    customer.add_contact(a_contact(), actor="li", at=MONDAY)
    claimed(customer)
    for event in customer.collect_events():
        text = json.dumps(facts_of(event))
        assert "bm8=" not in text
        assert "0" * 64 not in text
        assert "phone" not in facts_of(event)


def test_what_an_absorbed_record_was_called_is_shown_without_the_hash_of_its_phone() -> None:
    sample = next(one for one in samples() if one.topic == "customer.duplicate_absorbed")
    hashes = [alias["phone_hash"] for alias in sample.state["aliases"]]
    facts = facts_of(sample.event())
    assert hashes
    assert [alias.keys() for alias in facts["aliases"]] == [{"name_key", "core"}] * len(hashes)


def test_instants_are_written_in_utc_with_their_microseconds() -> None:
    customer = potential(a_customer(), at=MONDAY)
    customer.release(member="li", reason="无预算", at=MONDAY + timedelta(seconds=1), rules=RULES)
    *_, passed, released = customer.collect_events()
    assert facts_of(passed)["until"] == "2026-04-01T01:00:00.000000Z"
    assert facts_of(released)["bar"] == {"member": "li", "until": "2026-03-05T01:00:01.000000Z"}


def test_the_identity_of_a_phone_does_not_show_its_hash() -> None:
    for kind, shown in (("phone", False), ("core", True)):
        identity = Identity.reserve(kind, "k" * 64, customer=an_id(), actor="li", at=MONDAY)
        (reserved,) = identity.collect_events()
        assert ("k" * 64 in json.dumps(facts_of(reserved))) == shown
