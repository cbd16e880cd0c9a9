"""Parts of a request read one by one: languages, conditions, cursors, tokens, instants."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from starlette.datastructures import Headers

from api.answers import instant
from api.conditions import expected_version, idempotency_key, min_position, request_hash
from api.cursors import Cursors
from api.languages import preferred_language
from api.problems.validation import WORDS, field_name, field_problems
from api.security import credentials_in
from api.veil import end_of_day, start_of_day
from domain.errors import Invalid, NotSignedIn

SECRET = "9pYQm0cV6bW2hT1rX8sK4uE7nL3jA5dF0gZtHyRqMwo"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh", "zh"),
        ("ZH-hant", "zh"),
        ("en,zh", "en"),
        ("zh,en", "zh"),
        ("en;q=0.8, zh;q=0.9", "zh"),
        ("fr", "en"),
        ("*", "en"),
        ("zh;q=0, *", "en"),
        ("zh;q=nan", "en"),
        ("zh;q=x,en;q=0.1", "en"),
        (";;;,,=", "en"),
        ("zh;q=9", "en"),
    ],
)
def test_chinese_is_spoken_where_it_is_preferred(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


@pytest.mark.parametrize("key", ["a", "!" * 255, "2f1c8a50-7a0e"])
def test_an_idempotency_key_is_visible_ascii(key: str) -> None:
    assert idempotency_key(Headers({"Idempotency-Key": key})) == key


@pytest.mark.parametrize("key", ["", "a b", "é", "a" * 256, "a\tb"])
def test_another_idempotency_key_is_malformed(key: str) -> None:
    with pytest.raises(Invalid):
        idempotency_key(Headers({"Idempotency-Key": key}))


def test_a_condition_that_is_sent_twice_is_malformed() -> None:
    twice = Headers(raw=[(b"if-match", b'"1"'), (b"if-match", b'"2"')])
    with pytest.raises(Invalid):
        expected_version(twice)


@pytest.mark.parametrize(
    ("tag", "version"), [('"7"', 7), ('W/"7"', 7), (' "12" ', 12), ("*", None), ('"0"', 0)]
)
def test_if_match_names_a_version(tag: str, version: int | None) -> None:
    assert expected_version(Headers({"If-Match": tag})) == version


@pytest.mark.parametrize("tag", ["7", '"x"', '"7', '"7","8"', '""', '"-1"', '"' + "9" * 19 + '"'])
def test_another_if_match_is_malformed(tag: str) -> None:
    with pytest.raises(Invalid):
        expected_version(Headers({"If-Match": tag}))


@pytest.mark.parametrize("position", ["-1", "x", "1.5", "1" * 19, "", "０"])
def test_a_malformed_position_is_refused(position: str) -> None:
    headers = Headers(raw=[(b"tenure-min-position", position.encode())])
    with pytest.raises(Invalid):
        min_position(headers)


def test_one_request_has_one_hash_however_its_body_is_spelt() -> None:
    one = request_hash("POST", "/v1/customers", {"a": 1, "b": [1, 2]})
    assert one == request_hash("POST", "/v1/customers", {"b": [1, 2], "a": 1})
    assert one != request_hash("POST", "/v1/customers", {"a": 1, "b": [2, 1]})
    assert one != request_hash("PATCH", "/v1/customers", {"a": 1, "b": [1, 2]})
    assert one != request_hash("POST", "/v1/customers/x", {"a": 1, "b": [1, 2]})


def keyed(purpose: str, text: str) -> str:
    return sha256(f"{purpose} {text}".encode()).hexdigest()


def test_a_cursor_comes_back_as_the_key_it_was_made_of() -> None:
    cursors = Cursors(keyed)
    key = ("2026-03-02T01:00:00+00:00", "0198f2a4", 3, None)
    made = cursors.made("pool", {"a": "b"}, key)
    assert cursors.key_of("pool", {"a": "b"}, made) == list(key)
    assert cursors.made("pool", {}, None) is None
    assert cursors.key_of("pool", {}, None) is None


def test_a_cursor_of_another_query_is_refused() -> None:
    cursors = Cursors(keyed)
    made = cursors.made("pool", {"industry": "空调"}, ["x"])
    for query, filters in (("pool", {"industry": "软件"}), ("customers", {"industry": "空调"})):
        with pytest.raises(Invalid):
            cursors.key_of(query, filters, made)


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!!", "é", "AAAA", urlsafe_b64encode(b"[1,2]").decode(), "[" * 5000]
)
def test_a_cursor_of_nobody_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        Cursors(keyed).key_of("pool", {}, cursor)


def test_a_cursor_that_was_changed_is_refused() -> None:
    cursors = Cursors(keyed)
    made = cursors.made("pool", {}, ["a", 1])
    assert made is not None
    for place in range(len(made)):
        other = "A" if made[place] != "A" else "Q"
        with pytest.raises(Invalid):
            cursors.key_of("pool", {}, f"{made[:place]}{other}{made[place + 1 :]}")


def test_a_cursor_does_not_show_the_key_that_it_stands_for() -> None:
    made = Cursors(keyed).made("customers", {}, ["2026-04-01 02:23:45.678901+00", "0198f2a4"])
    assert made is not None
    assert b"2026" not in urlsafe_b64decode(made + "=" * (-len(made) % 4))


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "",
        "Bearer",
        "Basic abc",
        "Bearer x",
        f"Bearer tnr.LI.{SECRET}",
        f"Bearer tnr.li.{SECRET}x",
        f"tnr.li.{SECRET}",
        f"Bearer tnr.li.{SECRET} ",
        f"Bearer tnr.{'a' * 41}.{SECRET}",
    ],
)
def test_what_is_no_token_signs_nobody_in(sent: str | None) -> None:
    headers = Headers({} if sent is None else {"Authorization": sent})
    with pytest.raises(NotSignedIn):
        credentials_in(headers)


def test_a_token_names_its_member_and_is_never_the_console() -> None:
    found = credentials_in(Headers({"Authorization": f"bearer tnr.console.{SECRET}"}))
    assert found.member == "console"
    assert found.digest is not None
    assert SECRET not in found.digest


def test_instants_are_utc_with_microseconds() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert instant(datetime(2026, 3, 5, 14, 3, tzinfo=shanghai)) == "2026-03-05T06:03:00.000000Z"
    assert instant(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000000Z"


def test_a_stranger_sees_the_end_of_the_deadlines_day_in_shanghai() -> None:
    midnight = datetime(2026, 4, 4, 16, 0, tzinfo=UTC)
    assert end_of_day(datetime(2026, 4, 4, 6, 3, tzinfo=UTC)) == midnight
    assert end_of_day(datetime(2026, 4, 3, 16, 0, 0, 1, tzinfo=UTC)) == midnight
    assert end_of_day(midnight) == midnight
    assert start_of_day(midnight) == midnight
    assert start_of_day(midnight - timedelta(microseconds=1)) == midnight - timedelta(days=1)


def test_fields_are_named_by_their_path_in_the_body() -> None:
    assert field_name(("body", "contacts", 0, "phone")) == "contacts.0.phone"
    assert field_name(("body",)) == "body"
    assert field_name(("query", "limit")) == "limit"
    assert field_name(("body", "a\x00\ud800b")) == "a\ufffd\ufffdb"
    assert len(field_name(("body", "x" * 10_000))) == 200


def test_a_field_is_named_once_in_both_languages() -> None:
    missing = {"type": "missing", "loc": ("body", "name"), "ctx": {}}
    again = {"type": "string_type", "loc": ("body", "name"), "ctx": {}}
    strange = {"type": "never_heard_of", "loc": ("body", "x")}
    problems = field_problems([missing, again, strange])
    assert [(problem.field, problem.code) for problem in problems] == [
        ("name", "missing"),
        ("x", "malformed"),
    ]
    assert problems[0].zh == "缺少此字段"
    assert problems[0].en == "is required"
    assert all(len(words) == 3 for words in WORDS.values())
