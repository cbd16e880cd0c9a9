"""The ownership band: one row a holder, bars by stage, marks for what happened."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from api.console.band import BARS_MAX, MARKS, MARKS_MAX, ROW, ROWS_MAX, TOP, band, bars_of

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SVG = "{http://www.w3.org/2000/svg}"
WORDS = {
    "title": "Who held it",
    "others": "others",
    "more": "and {number} more",
    "several": "{number} stretches",
}


def step(
    day: float, topic: str, state: str = "pool", holder: str | None = None, **more: Any
) -> dict[str, Any]:
    at = START + day * DAY
    after = {"state": state, "holder": holder, "group": None, "until": None}
    after |= {"held_over_until": None, **more}
    event = {"at": at, "topic": topic, "words": f"{topic} <b>", "position": int(day * 100) + 1}
    return {"event": {**event, "version": 1}, "after": after, "changed": {}}


LIFE = [
    step(0, "customer.registered"),
    step(1, "customer.claimed", "waiting", "li"),
    step(2, "customer.review_passed", "potential", "li", until=START + 32 * DAY),
    step(5, "customer.followed_up", "potential", "li", until=START + 32 * DAY),
    step(6, "refusal.recorded", "potential", "li", until=START + 32 * DAY),
    step(10, "customer.released"),
    step(12, "customer.claimed", "waiting", "chen"),
]


def drawn(steps: list[dict[str, Any]], now: datetime, situation: Any = None) -> Any:
    return ElementTree.fromstring(
        band(steps, situation=situation, now=now, words=WORDS, zone=UTC, shown_at=START + DAY)
    )


def test_a_bar_is_one_holder_in_one_stage_from_event_to_event() -> None:
    now = START + 20 * DAY
    found = [(bar.holder, bar.stage, bar.start, bar.end) for bar in bars_of(LIFE, None, now)]
    assert found == [
        ("li", "waiting", START + DAY, START + 2 * DAY),
        ("li", "potential", START + 2 * DAY, START + 10 * DAY),
        ("chen", "waiting", START + 12 * DAY, now),
    ]


def test_a_deadline_ends_a_bar_whether_or_not_anybody_wrote_it_down() -> None:
    steps, now = LIFE[:4], START + 40 * DAY
    pool = step(40, "", "pool")["after"]
    assert bars_of(steps, pool, now)[-1].end == START + 32 * DAY
    held_over = [step(1, "customer.claimed", "potential", "li", until=START + 2 * DAY)]
    held_over[0]["after"]["held_over_until"] = START + 3 * DAY
    assert bars_of(held_over, pool, now)[-1].end == START + 3 * DAY


def test_every_bar_and_mark_tells_what_it_is_and_a_mark_leads_to_its_event() -> None:
    picture = drawn(LIFE, START + 20 * DAY)
    bars = [bar for bar in picture.iter(f"{SVG}rect") if bar.get("class", "").startswith("bar-")]
    assert [bar.get("class") for bar in bars] == ["bar-waiting", "bar-potential", "bar-waiting"]
    assert all(bar.find(f"{SVG}title") is not None for bar in bars)
    marks = list(picture.iter(f"{SVG}a"))
    assert {mark.get("href") for mark in marks} == {
        f"#event-{position}" for position in (101, 201, 501, 601, 1201)
    }
    assert all("<b>" in (mark.findtext(f"{SVG}title") or "") for mark in marks)
    rows = [
        text.text for text in picture.iter(f"{SVG}text") if text.find(f"{SVG}title") is not None
    ]
    assert rows == ["li", "chen"]


def test_marks_that_would_lie_upon_each_other_are_one_that_counts_them() -> None:
    many = [step(day / 1000, "customer.followed_up", "potential", "li") for day in range(1000)]
    picture = drawn([*many, step(400, "customer.released")], START + 500 * DAY)
    marks = list(picture.iter(f"{SVG}a"))
    assert len(marks) == 1
    assert "and 998 more" in (marks[0].findtext(f"{SVG}title") or "")


def test_there_are_never_more_marks_than_a_page_can_hold() -> None:
    topics = ("customer.followed_up", "customer.claimed", "customer.review_passed")
    many = [step(day, topics[day % 3], "potential", f"m{day % 5}") for day in range(2000)]
    told = band(many, situation=None, now=START + 2000 * DAY, words=WORDS, zone=UTC)
    assert told.count("<a ") <= MARKS_MAX


def test_marks_follow_each_other_by_instant_whatever_their_kind() -> None:
    """So the tab key goes through them as time does."""
    now = START + 40 * DAY
    topics = ("customer.followed_up", "customer.review_passed", "refusal.recorded")
    steps = [step(3 * day, topics[day % 3], "potential", "li") for day in range(12)]
    hrefs = [mark.get("href") for mark in drawn(steps, now).iter(f"{SVG}a")]
    assert hrefs == [f"#event-{300 * day + 1}" for day in range(12)]


@pytest.mark.parametrize("day", [0, 12, 20])
def test_marks_of_one_instant_stand_side_by_side_inside_the_picture(day: int) -> None:
    kinds = dict(zip(MARKS.values(), MARKS, strict=True)).values()
    begun = step(0, "customer.registered", "potential", "li")
    steps = [begun, *(step(day, topic, "potential", "li") for topic in kinds)]
    places = [
        float(re.findall(r"translate\(([\d.]+) ", path.get("transform") or "")[0])
        for path in drawn(steps, START + 20 * DAY).iter(f"{SVG}path")
    ]
    assert len(places) == 4
    assert all(right - left >= 10 for left, right in pairwise(places))
    assert places[0] >= 130
    assert places[-1] <= 955


@pytest.mark.parametrize(
    "topic",
    [
        "transferred",
        "holder_removed",
        "contract_voided",
        "duplicate_resolved",
        "application_withdrawn",
        "claim_withdrawn",
    ],
)
def test_what_moves_a_customer_or_ends_a_matter_has_a_mark(topic: str) -> None:
    steps = [*LIFE[:3], step(8, f"customer.{topic}", "potential", "chen")]
    hrefs = [mark.get("href") for mark in drawn(steps, START + 20 * DAY).iter(f"{SVG}a")]
    assert hrefs[-1] == "#event-801"


def test_a_mark_tells_its_whole_sentence_where_there_are_few() -> None:
    said = "张伟记录了一次客户跟踪，" + "说了很多话" * 30 + "，下次联系时间2026-03-09"
    steps = [dict(one) for one in LIFE]
    steps[3] = {**steps[3], "event": {**steps[3]["event"], "words": said}}
    titles = [
        mark.findtext(f"{SVG}title") or ""
        for mark in drawn(steps, START + DAY * 20).iter(f"{SVG}a")
    ]
    assert any(title.endswith(said) for title in titles)


def a_long_life(tenures: int) -> list[dict[str, Any]]:
    """So many holders one after another, each with follow-ups and a rival that was refused."""
    steps = [step(0, "customer.registered")]
    for day in range(1, 10 * tenures, 10):
        holder = f"holder-{day:04}" + "长" * 30
        steps.append(step(day, "customer.claimed", "waiting", holder))
        steps.append(step(day + 1, "customer.review_passed", "potential", holder))
        steps += [step(day + 2 + n, "customer.followed_up", "potential", holder) for n in range(4)]
        steps.append(step(day + 7, "refusal.recorded", "potential", holder))
        steps.append(step(day + 8, "customer.released"))
    return steps


def spans(start: datetime, end: datetime) -> str:
    return f"?{start:%Y%m%dT%H%M%S}&{end:%Y%m%dT%H%M%S}"


@pytest.mark.parametrize("tenures", [1, 70, 700])
def test_a_band_has_a_bounded_size_however_many_tenures_and_events(tenures: int) -> None:
    steps, now = a_long_life(tenures), START + 10 * tenures * DAY
    told = band(steps, situation=None, now=now, words=WORDS, zone=UTC, spans=spans)
    picture = ElementTree.fromstring(told)
    assert len(told.encode()) < 30_000
    assert int((picture.get("viewBox") or "").split()[3]) <= TOP + ROW * ROWS_MAX + 8
    bars = [bar for bar in picture.iter(f"{SVG}rect") if bar.get("class", "").startswith("bar-")]
    assert 0 < len(bars) <= BARS_MAX
    titles = [title.text or "" for title in picture.iter(f"{SVG}title")]
    gathered = [int(found[1]) for text in titles if (found := re.search(r"(\d+) stretches", text))]
    alone = [bar for bar in bars if bar.get("class") != "bar-several"]
    assert len(alone) + sum(gathered) == 2 * tenures


def test_what_is_gathered_says_how_many_and_leads_to_all_of_it_by_a_wider_scale() -> None:
    steps, now = a_long_life(70), START + 700 * DAY
    whole = ElementTree.fromstring(
        band(steps, situation=None, now=now, words=WORDS, zone=UTC, spans=spans)
    )
    counts = [
        (mark.get("href") or "", int(text.text or ""))
        for mark in whole.iter(f"{SVG}a")
        if (text := mark.find(f"{SVG}text")) is not None
    ]
    assert counts
    marked = sum(1 for one in steps if one["event"]["topic"] in MARKS)
    alone = [mark for mark in whole.iter(f"{SVG}a") if (mark.get("href") or "").startswith("#")]
    assert sum(count for _, count in counts) + len(alone) == marked
    address, count = max(counts, key=lambda found: found[1])
    start, end = (
        datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        for text in address.removeprefix("?").split("&")
    )
    inside = [one for one in steps if start <= one["event"]["at"] < end]
    assert len(inside) >= count
    part = ElementTree.fromstring(
        band(
            steps,
            situation=None,
            now=now,
            words=WORDS,
            zone=UTC,
            span=(START + DAY, START + 10 * DAY),
            spans=spans,
        )
    )
    hrefs = [mark.get("href") or "" for mark in part.iter(f"{SVG}a")]
    assert {f"#event-{position}" for position in (101, 201, 301, 801)} <= set(hrefs)
    assert "#event-1101" not in hrefs


def test_many_holders_share_the_last_row_and_nobody_is_lost() -> None:
    steps = [step(day, "customer.claimed", "waiting", f"m{day}") for day in range(40)]
    picture = drawn(steps, START + 41 * DAY)
    named = [text for text in picture.iter(f"{SVG}text") if text.find(f"{SVG}title") is not None]
    assert len(named) == ROWS_MAX
    assert named[-1].text == "others"
    assert "m39" in (named[-1].findtext(f"{SVG}title") or "")


def test_what_names_hold_stays_text_and_nothing_is_a_script_or_an_inline_style() -> None:
    hostile = '"><script>alert(1)</script>'
    told = band(
        [step(0, "customer.claimed", "waiting", hostile), step(1, "customer.released")],
        situation=None,
        now=START + 3 * DAY,
        words=WORDS,
        zone=UTC,
    )
    ElementTree.fromstring(told)
    assert "<script" not in told
    assert " style=" not in told
    assert band([], situation=None, now=START, words=WORDS, zone=UTC) == ""
