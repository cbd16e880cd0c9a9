"""Commands over HTTP: what they answer, and what they leave behind."""

import re

import pytest

from tests.api.http.guests import (
    CONTACT,
    DAY,
    MONDAY,
    Guests,
    assert_problem,
    invalid_fields,
)

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.mark.clause("S1-303", "S1-304")
def test_a_registration_answers_where_the_customer_stands(guests: Guests) -> None:
    answer = guests.post("/v1/customers", guests.company(contacts=[CONTACT]))
    told = answer.json()
    assert answer.status_code == 201
    assert told["state"] == "pool"
    assert told["holder"] is None
    assert told["until"] is None
    assert answer.headers["location"] == f"/v1/customers/{told['customer_id']}"
    assert answer.headers["etag"] == f'"{told["version"]}"' == '"1"'
    assert answer.headers["tenure-position"] == str(told["position"])


@pytest.mark.clause("S1-306", "S1-314")
def test_a_claim_answers_its_holder_and_blocks_others(guests: Guests) -> None:
    customer = guests.register()
    told = guests.claim(customer).json()
    assert (told["state"], told["holder"], told["until"]) == ("waiting", "li", None)
    problem = assert_problem(guests.claim(customer, "chen"), 409, "already-protected")
    assert problem["holder"] == "li"
    assert problem["stage"] == "waiting"
    assert problem["until"] is None
    assert INSTANT.fullmatch(problem["claimed_at"])
    assert problem["clause"] == "S1-302"


@pytest.mark.clause("S1-313", "S1-033")
def test_a_passed_review_answers_the_deadline_in_utc_with_microseconds(guests: Guests) -> None:
    customer = guests.register()
    guests.claim(customer)
    told = guests.review(customer).json()
    assert told["state"] == "potential"
    assert told["until"] == "2026-04-01T01:00:00.000000Z"


@pytest.mark.clause("S1-317")
def test_a_refusal_needs_a_reason(guests: Guests) -> None:
    customer = guests.register()
    guests.claim(customer)
    assert invalid_fields(guests.review(customer, "refuse")) == {"reason": "empty"}
    told = guests.review(customer, "refuse", reason="电话有误").json()
    assert (told["state"], told["holder"]) == ("rejected", "li")


def test_a_refused_claim_is_corrected_by_claiming_again(guests: Guests) -> None:
    customer = guests.register()
    guests.claim(customer)
    guests.review(customer, "refuse", reason="电话有误")
    told = guests.claim(customer).json()
    assert (told["state"], told["correction"]) == ("waiting", True)


def test_a_claim_is_taken_back(guests: Guests) -> None:
    customer = guests.register()
    guests.claim(customer)
    path = f"/v1/customers/{customer}/withdrawal"
    answer = guests.post(path, {"what": "claim", "reason": "误操作"})
    assert (answer.status_code, answer.json()["state"]) == (200, "pool")
    again = guests.post(path, {"what": "claim", "reason": "误操作"})
    assert again.status_code == 409


@pytest.mark.clause("S1-037", "S1-038")
def test_who_gives_up_is_barred_and_told_until_when(guests: Guests) -> None:
    customer = guests.potential()
    released = guests.post(f"/v1/customers/{customer}/release", {"reason": "无需求"})
    assert (released.status_code, released.json()["state"]) == (200, "pool")
    problem = assert_problem(guests.claim(customer), 409, "barred")
    assert problem["until"] == "2026-03-05T01:00:00.000000Z"
    assert guests.claim(customer, "chen").status_code == 201


@pytest.mark.clause("S1-029", "S1-030", "S1-031")
def test_a_follow_up_is_the_holders_and_has_a_note_and_a_next_time(guests: Guests) -> None:
    customer = guests.potential()
    path = f"/v1/customers/{customer}/follow-ups"
    assert guests.post(path, guests.follow_up()).status_code == 201
    assert_problem(guests.post(path, guests.follow_up(), "chen"), 409, "not-the-holder")
    assert invalid_fields(guests.post(path, guests.follow_up(note="  "))) == {"note": "empty"}
    without = {"channel": "phone", "note": "谈过"}
    assert list(invalid_fields(guests.post(path, without))) == ["next_contact_at"]
    yesterday = {**without, "next_contact_at": (MONDAY - DAY).isoformat()}
    assert list(invalid_fields(guests.post(path, yesterday))) == ["next_contact_at"]
    ahead = guests.follow_up() | {"contacted_at": (MONDAY + DAY).isoformat()}
    assert list(invalid_fields(guests.post(path, ahead))) == ["contacted_at"]
    assert invalid_fields(guests.post(path, guests.follow_up() | {"channel": "fax"})) == {
        "channel": "not-a-choice"
    }


@pytest.mark.clause("S1-027")
def test_a_contact_names_its_malformed_field_as_it_was_sent(guests: Guests) -> None:
    customer = guests.potential()
    path = f"/v1/customers/{customer}/contacts"
    answer = guests.post(path, CONTACT)
    assert answer.status_code == 201
    assert answer.json()["contact_id"]
    assert list(invalid_fields(guests.post(path, CONTACT | {"phone": "abc"}))) == ["phone"]


def test_a_changed_profile_changes_only_what_was_sent(guests: Guests) -> None:
    customer = guests.potential()
    path = f"/v1/customers/{customer}"
    answer = guests.patch(path, {"address": "靖江市新建路8号"})
    assert answer.status_code == 200
    card = guests.get(path).json()
    assert card["address"] == "靖江市新建路8号"
    assert card["industry"] == "空调"
    assert invalid_fields(guests.patch(path, {})) == {"body": "empty"}
    assert invalid_fields(guests.patch(path, {"address": None})) == {"address": "wrong-type"}


@pytest.mark.clause("S1-024", "S1-173")
def test_a_similar_company_is_refused_with_the_id_of_the_other(guests: Guests) -> None:
    body = guests.company()
    first = guests.post("/v1/customers", body).json()["customer_id"]
    same = assert_problem(guests.post("/v1/customers", body, "chen"), 409, "duplicate-name")
    assert (same["customer_id"], same["match"]) == (first, "same")
    other = guests.company(name=body["name"].replace("靖江市", "泰州市"))
    similar = assert_problem(guests.post("/v1/customers", other, "chen"), 409, "duplicate-name")
    assert (similar["customer_id"], similar["match"]) == (first, "similar")
    explained = guests.post("/v1/customers", other | {"override_reason": "两地两家"}, "chen")
    assert explained.status_code == 201
    assert explained.json()["collision"] == [{"customer_id": first, "match": "similar"}]


def test_members_are_added_changed_and_given_tokens(guests: Guests) -> None:
    body = {"id": "sun", "name": "孙丽", "roles": ["seller"], "department": "二部"}
    added = guests.post("/v1/members", body, "root")
    assert added.status_code == 201
    assert added.headers["location"] == "/v1/members/sun"
    assert invalid_fields(guests.post("/v1/members", body, "root")) == {"id": "taken"}
    issued = guests.post("/v1/members/sun/tokens", {}, "root").json()
    guests.tokens["sun"] = issued["token"]
    assert guests.get("/v1/pool", "sun").status_code == 200
    path = f"/v1/members/sun/tokens/{issued['token_id']}"
    assert guests.send("DELETE", path, "root").status_code == 200
    assert_problem(guests.send("GET", "/v1/pool", "sun"), 401, "not-signed-in")
    assert_problem(guests.send("DELETE", path, "root"), 404, "not-found")


def test_a_token_may_expire_and_needs_no_body(guests: Guests) -> None:
    assert guests.send("POST", "/v1/members/chen/tokens", "root").status_code == 201
    soon = {"expires_at": (MONDAY + DAY).isoformat()}
    guests.tokens["brief"] = guests.post("/v1/members/chen/tokens", soon, "root").json()["token"]
    assert guests.send("GET", "/v1/pool", "brief").status_code == 200
    guests.at(MONDAY + DAY)
    assert_problem(guests.send("GET", "/v1/pool", "brief"), 401, "not-signed-in")
    past = {"expires_at": MONDAY.isoformat()}
    answer = guests.post("/v1/members/chen/tokens", past, "root")
    assert invalid_fields(answer) == {"expires_at": "in-the-past"}


def test_a_members_past_roles_are_told(guests: Guests) -> None:
    body = {"id": "zhou", "name": "周", "roles": ["seller"], "department": "一部"}
    guests.post("/v1/members", body, "root")
    guests.at(MONDAY + DAY)
    changed = guests.patch("/v1/members/zhou", {"roles": ["manager"], "department": "二部"}, "root")
    assert changed.status_code == 200
    then = guests.get("/v1/members/zhou", at=MONDAY.isoformat()).json()
    now = guests.get("/v1/members/zhou").json()
    assert (then["roles"], then["department"]) == (["seller"], "一部")
    assert (now["roles"], now["department"], now["tokens"]) == (["manager"], "二部", None)
    before = guests.get("/v1/members/zhou", at=(MONDAY - DAY).isoformat())
    assert_problem(before, 404, "not-found")


def test_a_rulebook_is_adopted_and_told(guests: Guests) -> None:
    first = guests.get("/v1/rulebooks").json()["items"][0]
    toml = guests.get(f"/v1/rulebooks/{first['version']}").json()["toml"]
    new = toml.replace(f'version = "{first["version"]}"', 'version = "2026-2"')
    later = (MONDAY + 10 * DAY).isoformat()
    body = {"toml": new, "effective_from": later, "reason": "试行"}
    answer = guests.post("/v1/rulebooks", body, "root")
    assert answer.status_code == 201
    assert answer.json()["version"] == "2026-2"
    assert answer.json()["effective_from"] == "2026-03-12T01:00:00.000000Z"
    told = {
        item["version"]: item["in_force"] for item in guests.get("/v1/rulebooks").json()["items"]
    }
    assert told == {first["version"]: True, "2026-2": False}
    assert list(invalid_fields(guests.post("/v1/rulebooks", body, "root"))) == ["toml.version"]
    broken = body | {"toml": "version = "}
    assert guests.post("/v1/rulebooks", broken, "root").status_code == 422
    assert_problem(guests.get("/v1/rulebooks/none"), 404, "not-found")


@pytest.mark.parametrize(
    ("member", "path", "body"),
    [
        ("wu", "/v1/customers", "company"),
        ("li", "/v1/members", {"id": "x", "name": "x", "roles": ["seller"], "department": "x"}),
        ("li", "/v1/members/chen/tokens", {}),
        ("li", "/v1/rulebooks", {"toml": "x", "reason": "x"}),
    ],
)
def test_a_command_needs_its_role(guests: Guests, member: str, path: str, body: object) -> None:
    before = guests.log_length()
    sent = guests.company() if body == "company" else body
    problem = assert_problem(guests.post(path, sent, member), 403, "not-allowed")
    assert problem["needs"]
    assert guests.log_length() == before


@pytest.mark.clause("S1-310")
def test_the_reviewer_is_not_the_claimant(guests: Guests) -> None:
    guests.patch("/v1/members/qian", {"roles": ["reviewer", "seller"]}, "root")
    customer = guests.register("qian")
    guests.claim(customer, "qian")
    problem = assert_problem(guests.review(customer, member="qian"), 403, "own-decision")
    assert problem["applicant"] == "qian"
