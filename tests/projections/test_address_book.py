"""A member's address book: every contact person that the member entered, for good (S1-028)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from projections.address_book import AddressBookEntry, address_book
from tests.projections.stories import DAY, Story, TestLog, a_contact


@pytest.fixture
def member() -> str:
    return f"member-{uuid4().hex[:8]}"


@pytest.mark.clause("S1-028")
def test_a_contact_that_a_member_enters_is_in_his_address_book_the_newest_first(
    log: TestLog, follow: Any, cursor: Any, member: str
) -> None:
    registered, added, claimed, corrected = (a_contact() for _ in range(4))
    story = Story().registered(actor=member, contacts=[registered])
    story.holder = member
    story.then(DAY).contact_added(added).then(DAY).claimed(member, contact=claimed)
    log.append(story.then(DAY).review_refused().then(DAY).claim_corrected(contact=corrected))
    log.append(Story().registered(contacts=[a_contact()]))
    follow()
    found = _book(cursor, member)
    assert [entry.contact_id for entry in found] == [
        contact.id for contact in (corrected, claimed, added, registered)
    ]
    newest = found[0]
    assert (newest.customer_id, newest.customer_name) == (story.id, "上海春意科技有限公司")
    assert (newest.position, newest.added_at) == ("采购经理", story.at)
    assert (newest.name.topic, newest.name.field) == (
        "customer.claim_corrected",
        f"contact.{corrected.id}.name",
    )
    assert (newest.phone.subject, newest.phone.box) == (corrected.id, corrected.phone.box)


@pytest.mark.clause("S1-028")
def test_an_address_book_keeps_a_contact_when_the_customer_is_gone(
    log: TestLog, follow: Any, cursor: Any, member: str
) -> None:
    contact = a_contact()
    lost = Story().registered().claimed(member, contact=contact).review_passed()
    lost.then(DAY).released().then(DAY).claimed("somebody")
    gone = a_contact()
    merged = Story().registered().claimed(member, contact=gone)
    into = Story().registered().claimed("first").absorbed(merged, contacts=[gone])
    log.append(lost, merged.merged(into), into)
    follow()
    found = {entry.contact_id: entry.customer_id for entry in _book(cursor, member)}
    assert found == {contact.id: lost.id, gone.id: merged.id}
    assert gone.id not in {entry.contact_id for entry in _book(cursor, "wang")}


def test_a_contact_filled_in_again_is_in_the_book_once_as_it_was_filled_in_last(
    log: TestLog, follow: Any, cursor: Any, member: str
) -> None:
    contact = a_contact()
    story = Story().registered(actor=member, contacts=[contact])
    story.holder = member
    log.append(story.then(DAY).contact_added(contact))
    follow()
    (entry,) = _book(cursor, member)
    assert (entry.name.topic, entry.added_at) == ("customer.contact_added", story.at)


def _book(cursor: Any, member: str) -> list[AddressBookEntry]:
    return list(_walk(cursor, member))


def _walk(cursor: Any, member: str) -> Iterator[AddressBookEntry]:
    after = None
    while True:
        page = address_book(cursor, member, limit=1, after=after)
        yield from page.items
        if page.next is None:
            return
        after = list(page.next)
