"""Personal data that is restricted or erased, in the view `customers` (PIPL art. 47)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.events import Contact, DataErased, DataRestricted, DataRestrictionLifted, Sealed
from projections import customer_search, subjects
from projections.catalogue import ALL
from projections.rebuilding import Rebuild
from projections.stretches import Source
from projections.verifying import Verification
from tests.projections.stories import DAY, START, Story, TestLog, a_contact

LATER = START + 400 * DAY


def restricted(story: Story, subject: UUID) -> Story:
    return story._add(DataRestricted, actor="zhao", subject_id=subject)


def lifted(story: Story, subject: UUID) -> Story:
    return story._add(DataRestrictionLifted, actor="zhao", subject_id=subject)


def erased(story: Story, subject: UUID) -> Story:
    return story._add(DataErased, actor="dong", subject_id=subject, aliases=[])


def states(cursor: Any, story: Story) -> tuple[str, list[str]]:
    """What became of the customer's own phone and of its contacts."""
    card, _ = customer_search.card(cursor, story.id, now=LATER)
    assert card is not None
    return card.phone_state, [contact.state for contact in card.contacts]


def found(cursor: Any, phone_hash: str) -> list[UUID]:
    matches, _ = customer_search.collisions(cursor, now=LATER, phone_hash=phone_hash)
    return [match.customer_id for match in matches]


def hashes(cursor: Any, story: Story) -> list[str]:
    cursor.execute(
        "SELECT phone_hash FROM views.customers WHERE customer_id = %(id)s UNION ALL"
        " SELECT phone_hash FROM views.customer_contacts WHERE customer_id = %(id)s",
        {"id": str(story.id)},
    )
    return [phone_hash for (phone_hash,) in cursor.fetchall()]


@pytest.fixture(params=["at once", "one by one"])
def told(request: Any, log: TestLog, follow: Any) -> Any:
    """Puts a story into the log; the views follow all of it at once, or event by event."""

    def tell(story: Story) -> None:
        if request.param == "at once":
            log.append(story)
            follow()
            return
        for event in story.events:
            log.append(event)
            follow()

    return tell


@pytest.fixture
def contact() -> Contact:
    return a_contact()


def test_restricted_data_is_marked_and_found_by_nobody(
    told: Any, cursor: Any, contact: Contact
) -> None:
    story = Story().registered(contacts=[contact])
    told(restricted(restricted(story, contact.id), story.id))
    assert states(cursor, story) == ("restricted", ["restricted"])
    assert found(cursor, contact.phone_hash) == []
    assert found(cursor, f"hash of {story.id}") == []


def test_lifted_data_is_found_again(told: Any, cursor: Any) -> None:
    contact = a_contact()
    story = Story().registered(contacts=[contact])
    told(lifted(restricted(story, contact.id), contact.id))
    assert states(cursor, story) == ("open", ["open"])
    assert story.id in found(cursor, contact.phone_hash)


def test_erased_data_leaves_no_hash_behind(told: Any, cursor: Any, contact: Contact) -> None:
    story = Story().registered(contacts=[contact])
    story = erased(restricted(story, contact.id), contact.id)
    told(erased(restricted(story, story.id), story.id))
    assert states(cursor, story) == ("erased", ["erased"])
    assert hashes(cursor, story) == ["", ""]


def test_a_new_phone_is_open_whatever_became_of_the_old_one(told: Any, cursor: Any) -> None:
    subject = uuid4()
    story = restricted(Story().registered(), uuid4())
    story = restricted(story, story.id)
    story.profile_changed(phone=Sealed(subject, "bmV3"), phone_hash=f"hash of {subject}")
    told(erased(story, story.id))
    assert states(cursor, story) == ("open", [])
    assert found(cursor, f"hash of {subject}") == [story.id]
    assert [one.kind for one in subjects.held_of(cursor, subject)] == ["phone"]
    assert subjects.held_of(cursor, story.id) == []


def test_a_subject_is_found_with_every_record_that_holds_it(
    told: Any, cursor: Any, log: TestLog, follow: Any
) -> None:
    contact = a_contact()
    first = Story().registered(contacts=[contact])
    told(first)
    second = Story("杭州春意科技有限公司").registered(contacts=[contact])
    log.append(second)
    follow()
    assert set(subjects.customers_of(cursor, contact.id)) == {first.id, second.id}
    held = subjects.held_by(cursor, first.id)
    assert [(one.kind, one.subject_id, one.position) for one in held] == [
        ("phone", first.id, None),
        ("contact", contact.id, contact.position),
    ]
    assert subjects.customers_of(cursor, first.id) == [first.id]


def test_views_with_erased_data_are_what_a_rebuild_makes(
    told: Any, log: TestLog, database: Any
) -> None:
    contact = a_contact()
    story = restricted(Story().registered(contacts=[contact]), contact.id)
    told(erased(erased(restricted(story, story.id), story.id), contact.id))
    source = Source(database, log.recorder, log.mapper.to_domain_event)
    assert all(view.is_sound for view in Verification(source, ALL).run())
    Rebuild(source, ALL).run()
    assert all(view.is_sound for view in Verification(source, ALL).run())
