"""The view `customers`: cards, lists and the collision check."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.sql import SQL

from domain import names
from domain.events import Bar
from projections import customer_search
from projections.cards import Card
from projections.name_index import GRAMS
from tests.projections.stories import DAY, START, TICK, Story, TestLog, a_contact


@pytest.fixture
def card(cursor: Any) -> Any:
    def of(story: Story, *, now: Any = None) -> Card:
        found, _ = customer_search.card(cursor, story.id, now=now or story.at)
        assert found is not None
        return found

    return of


@pytest.fixture
def collisions(cursor: Any) -> Any:
    def of(*, now: Any = START + 400 * DAY, **asked: Any) -> dict[Any, str]:
        found, _ = customer_search.collisions(cursor, now=now, **asked)
        return {collision.customer_id: collision.match for collision in found}

    return of


@pytest.mark.clause("S1-303", "S1-304", "S1-025")
def test_a_registered_customer_is_in_the_pool_with_all_its_fields(
    log: TestLog, follow: Any, card: Any
) -> None:
    story = Story().registered(contacts=[a_contact()], warnings=["name-region-missing"])
    position = log.append(story)
    follow()
    found = card(story)
    assert (found.state, found.holder, found.until) == ("pool", None, None)
    assert (found.pool_since, found.pool_reason, found.last_holder) == (START, None, None)
    assert (found.name, found.region) == ("上海春意科技有限公司", "上海")
    assert (found.address, found.industry, found.introduction) == (
        "上海市人民路1号",
        "科技",
        "做软件的",
    )
    assert found.warnings == ["name-region-missing"]
    assert (found.registered_at, found.registered_by) == (START, "li")
    assert (found.version, found.position) == (1, position)


@pytest.mark.clause("S1-027")
def test_personal_fields_stay_sealed_and_name_the_place_where_they_open(
    log: TestLog, follow: Any, card: Any
) -> None:
    early, late = a_contact(), a_contact()
    story = Story().registered(contacts=[early]).then(DAY).claimed(contact=late)
    log.append(story)
    follow()
    found = card(story)
    assert (found.phone.topic, found.phone.field, found.phone.subject) == (
        "customer.registered",
        "phone",
        story.id,
    )
    assert [contact.id for contact in found.contacts] == [early.id, late.id]
    place = found.contacts[1].name
    assert (place.topic, place.field) == ("customer.claimed", f"contact.{late.id}.name")
    assert (place.subject, place.box) == (late.name.subject, late.name.box)
    assert found.contacts[1].position == "采购经理"


def test_a_contact_filled_in_again_shows_as_filled_in_last(
    log: TestLog, follow: Any, card: Any
) -> None:
    contact = a_contact()
    story = Story().registered(contacts=[contact]).then(DAY).contact_added(contact)
    log.append(story)
    follow()
    (found,) = card(story).contacts
    assert found.name.topic == "customer.contact_added"


@pytest.mark.clause("S1-026", "S1-313", "S1-314", "S1-300")
def test_a_card_tells_the_protection_through_its_life(log: TestLog, follow: Any, card: Any) -> None:
    story = Story().registered().then(DAY).claimed()
    claimed_at = story.at
    log.append(story)
    follow()
    waiting = card(story)
    assert (waiting.state, waiting.holder, waiting.until) == ("waiting", "zhang", None)
    assert (waiting.claimed_at, waiting.department) == (claimed_at, "一部")
    assert (waiting.review_due, waiting.in_force_since) == (claimed_at + 3 * DAY, None)

    log.append(story.then(DAY).review_passed())
    follow()
    potential = card(story)
    assert (potential.state, potential.holder) == ("potential", "zhang")
    assert (potential.in_force_since, potential.since) == (story.at, story.at)
    assert potential.until == story.at + 30 * DAY
    assert (potential.claimed_at, potential.review_due) == (claimed_at, None)
    assert potential.pool_since is None

    bar = Bar("zhang", story.at + 4 * DAY)
    log.append(story.then(DAY).released(bar=bar))
    follow()
    released = card(story)
    assert (released.state, released.holder, released.pool_since) == ("pool", None, story.at)
    assert (released.pool_reason, released.last_holder) == ("released", "zhang")
    assert [(one.member, one.until) for one in released.bars] == [("zhang", bar.until)]
    assert card(story, now=bar.until).bars == []


@pytest.mark.clause("S1-035")
def test_a_card_is_in_the_pool_from_its_deadline_instant_before_any_sweep(
    log: TestLog, follow: Any, card: Any
) -> None:
    story = Story().registered().claimed().review_passed()
    deadline = story.at + 30 * DAY
    log.append(story.followed_up(next_contact_at=story.at + 60 * DAY))
    follow()
    before = card(story, now=deadline - TICK)
    assert (before.state, before.holder, before.until) == ("potential", "zhang", deadline)
    at = card(story, now=deadline)
    assert (at.state, at.holder, at.until) == ("pool", None, None)
    assert (at.pool_since, at.pool_reason, at.last_holder) == (deadline, "lapsed", "zhang")
    assert at.next_contact_at is None

    log.append(story.lapsed(deadline))
    follow()
    swept = card(story, now=deadline)
    assert (swept.state, swept.pool_since, swept.pool_reason) == ("pool", deadline, "lapsed")
    assert swept.last_holder == "zhang"


def test_the_card_of_the_next_holder_starts_afresh(log: TestLog, follow: Any, card: Any) -> None:
    story = Story().registered().claimed().review_passed()
    story.followed_up(next_contact_at=story.at + 9 * DAY).then(DAY).released()
    log.append(story.then(DAY).claimed("qian"))
    follow()
    found = card(story)
    assert (found.holder, found.state, found.since) == ("qian", "waiting", story.at)
    assert (found.in_force_since, found.next_contact_at) == (None, None)
    assert found.last_follow_up_by == "zhang"
    assert (found.last_holder, found.pool_reason) == (None, None)


@pytest.mark.clause("S1-317", "S1-318", "S1-319")
def test_a_refused_claim_keeps_its_holder_until_the_removal(
    log: TestLog, follow: Any, card: Any
) -> None:
    story = Story().registered().claimed().then(DAY).review_refused()
    removal = story.at + 3 * DAY
    log.append(story)
    follow()
    rejected = card(story, now=removal - TICK)
    assert (rejected.state, rejected.holder) == ("rejected", "zhang")
    assert (rejected.until, rejected.review_reason) == (removal, "地址不详细")
    assert card(story, now=removal).pool_reason == "removed"
    log.append(story.then(DAY).claim_corrected())
    follow()
    corrected = card(story, now=removal + DAY)
    assert (corrected.state, corrected.until) == ("waiting", None)


def test_a_changed_profile_is_found_under_its_new_name_only(
    log: TestLog, follow: Any, card: Any, collisions: Any
) -> None:
    story = Story("苏州市旧称机械有限公司").registered()
    log.append(story)
    follow()
    log.append(story.then(DAY).profile_changed(name="苏州市新称机械有限公司", address="新地址"))
    follow()
    changed = card(story)
    assert (changed.name, changed.address, changed.industry) == (
        "苏州市新称机械有限公司",
        "新地址",
        "科技",
    )
    assert changed.version == 2
    assert collisions(name="旧称") == {}
    assert collisions(name="新称") == {story.id: "part"}


@pytest.mark.clause("S1-022", "S1-171", "S1-298", "S1-299")
def test_two_characters_find_every_company_that_holds_them(
    log: TestLog, follow: Any, collisions: Any
) -> None:
    held = Story("北京瑞雪科技有限公司").registered().claimed().review_passed()
    free = Story("瑞雪餐饮管理有限公司").registered()
    other = Story("雪瑞餐饮管理有限公司").registered()
    log.append(held, free, other)
    follow()
    assert collisions(name="瑞雪") == {held.id: "part", free.id: "part"}
    assert collisions(name=" 瑞 雪 ") == {held.id: "part", free.id: "part"}
    assert collisions(name="瑞雪不在") == {}


@pytest.mark.clause("S1-299", "S1-300", "S1-302")
def test_a_collision_shows_the_holder_and_the_end_of_the_protection(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = Story("北京霜降科技有限公司").registered().claimed().review_passed()
    log.append(story)
    follow()
    deadline = story.at + 30 * DAY
    (held,), _ = customer_search.collisions(cursor, now=deadline - TICK, name="霜降")
    assert (held.state, held.holder, held.protected_until) == ("potential", "zhang", deadline)
    (free,), _ = customer_search.collisions(cursor, now=deadline, name="霜降")
    assert (free.state, free.holder, free.protected_until) == ("pool", None, None)


@pytest.mark.clause("S1-171", "S1-173")
def test_collisions_tell_how_each_matched_the_strongest_first(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    contact = a_contact("hash of a contact")
    same = Story("上海立夏科技有限公司").registered()
    similar = Story("立夏科技股份有限公司").registered()
    part = Story("上海立夏科技园物业管理有限公司").registered()
    phone = Story("无关贸易有限公司").registered().claimed(contact=contact)
    log.append(phone, part, similar, same)
    follow()
    found, _ = customer_search.collisions(
        cursor, now=START, name="上海 立夏科技 有限公司", phone_hash="hash of a contact"
    )
    assert [(one.customer_id, one.match) for one in found] == [
        (same.id, "same"),
        (similar.id, "similar"),
        (phone.id, "phone"),
    ]
    found, _ = customer_search.collisions(cursor, now=START, name="立夏科技")
    assert {one.customer_id: one.match for one in found} == {
        same.id: "similar",
        similar.id: "similar",
        part.id: "part",
    }
    assert [one.match for one in found] == ["similar", "similar", "part"]


def test_the_phone_of_a_company_is_found_by_its_hash(
    log: TestLog, follow: Any, collisions: Any
) -> None:
    story = Story().registered(phone_hash="first hash")
    log.append(story)
    follow()
    assert collisions(phone_hash="first hash") == {story.id: "phone"}
    assert collisions(phone_hash="another hash") == {}


@pytest.mark.parametrize("asked", ["", "   ", "——", "\u200b", "()"])
def test_a_name_without_a_letter_or_digit_finds_nothing(
    log: TestLog, follow: Any, collisions: Any, asked: str
) -> None:
    log.append(Story().registered())
    follow()
    assert collisions(name=asked) == {}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30) | st.sampled_from(["上海春意科技有限公司", "甲", "甲乙", ""]))
def test_the_index_holds_the_grams_that_names_are_asked_for_by(cursor: Any, name: str) -> None:
    key = names.normalise(name)
    query = SQL("SELECT {} FROM (VALUES (%s)) AS one (name_key)").format(SQL(GRAMS))
    cursor.execute(query, (key,))
    (grams,) = cursor.fetchone()
    assert sorted(set(grams) - {""}) == names.grams(key)
    assert set(names.search_grams(key)) <= set(grams)


def test_customers_are_filtered_by_state_at_the_instant_asked(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    name = "谷雨甲乙科技有限公司"
    held = Story(name).registered().claimed("sun").review_passed()
    free = Story(name).registered()
    log.append(held, free)
    follow()
    deadline = held.at + 30 * DAY

    def ids(**asked: Any) -> set[Any]:
        page = customer_search.customers(cursor, name="谷雨甲乙", **asked)
        return {card.customer_id for card in page.items}

    assert ids(now=deadline - TICK, state="potential") == {held.id}
    assert ids(now=deadline - TICK, state="pool") == {free.id}
    assert ids(now=deadline - TICK, holder="sun") == {held.id}
    assert ids(now=deadline, state="pool") == {held.id, free.id}
    assert ids(now=deadline, state="potential") == set()
    assert ids(now=deadline, holder="sun") == set()
    assert ids(now=START, state="no such state") == set()


def test_customers_are_filtered_by_industry_and_by_region(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    north = Story("北京小满食品有限公司").registered(industry="食品", address="北京长安街1号")
    south = Story("小满（广州）食品有限公司").registered(industry="食品", address="广州市越秀区")
    log.append(north, south, Story("小满机械有限公司").registered(industry="机械", address="武汉"))
    follow()

    def ids(**asked: Any) -> set[Any]:
        page = customer_search.customers(cursor, now=START, name="小满", **asked)
        return {card.customer_id for card in page.items}

    assert ids(industry="食品") == {north.id, south.id}
    assert ids(region="北京") == {north.id}
    assert ids(region="广州") == {south.id}


@pytest.mark.parametrize("sort", ["registered_at", "name", "until"])
@pytest.mark.parametrize("descending", [False, True])
def test_pages_hold_every_customer_once_in_order(
    log: TestLog, follow: Any, cursor: Any, sort: Any, descending: bool
) -> None:
    marked = f"芒种{sort}{descending}"
    stories = [
        Story(f"{marked}{number}有限公司", at=START + timedelta(hours=number % 3)).registered()
        for number in range(7)
    ]
    for story in stories[:3]:
        story.claimed().review_passed()
    log.append(*stories)
    follow()
    cards: list[Card] = []
    after = None
    while True:
        page = customer_search.customers(
            cursor,
            now=START + DAY,
            name=marked,
            sort=sort,
            descending=descending,
            limit=2,
            after=after,
        )
        cards += page.items
        if page.next is None:
            break
        assert len(page.items) == 2
        after = list(page.next)
    assert sorted(card.customer_id for card in cards) == sorted(story.id for story in stories)
    if sort == "registered_at":
        keys = [card.registered_at for card in cards]
    elif sort == "name":
        keys = [names.normalise(card.name) for card in cards]
    else:
        keys = [card.until or card.pool_since for card in cards]
    assert keys == sorted(keys, reverse=descending)


def test_texts_of_every_kind_come_back_as_they_were(log: TestLog, follow: Any, card: Any) -> None:
    for hostile in (
        "None",
        r"\N",
        "\\",
        "a\tb\nc\rd",
        '"引号", {花括号}',
        "'; DROP TABLE views.customers; --",
        "<script>alert(1)</script>",
        "𠮷野家 😀",
        r"\u0000",
        "",
    ):
        story = Story().registered(introduction=hostile, address=hostile, override_reason=hostile)
        log.append(story)
        follow()
        found = card(story)
        assert (found.introduction, found.address) == (hostile, hostile)
        assert found.override_reason == hostile
        log.append(story.then(DAY).profile_changed(introduction=hostile * 2))
        follow()
        assert card(story).introduction == hostile * 2


def test_nul_in_a_text_stops_no_view(log: TestLog, follow: Any, card: Any) -> None:
    story = Story().registered(introduction="a\x00b", warnings=["w\x00"])
    log.append(story)
    follow()
    assert card(story).introduction == "ab"
    log.append(story.then(DAY).profile_changed(introduction="c\x00d"))
    follow()
    assert card(story).introduction == "cd"


def test_an_unknown_customer_has_no_card(cursor: Any) -> None:
    assert customer_search.card(cursor, Story().id, now=START)[0] is None
