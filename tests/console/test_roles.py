"""Pages open to a role exactly as far as the interface does: they ask the same questions."""

import pytest

from api.console.navigation import PLACES
from domain.permissions import ROLES
from tests.api.http.guests import Guests
from tests.console.pages_known import contested
from tests.console.reading import Reader

SAME = (
    ("/pool", "/v1/pool"),
    ("/approvals?scope=mine", "/v1/approvals?scope=mine"),
    ("/approvals?scope=all", "/v1/approvals?scope=all"),
    ("/board", "/v1/board"),
    ("/board?member=chen", "/v1/board?member=chen"),
    ("/collisions?name=空调", "/v1/collisions?name=空调"),
    ("/customers/{customer}", "/v1/customers/{customer}"),
    ("/rules", "/v1/rulebooks"),
    ("/people", "/v1/members"),
    ("/people/li", "/v1/members/li"),
    ("/customers/{customer}/time", "/v1/customers/{customer}/replay"),
    ("/figures", "/v1/statistics"),
    ("/figures/claims", "/v1/statistics/events?figure=claims"),
    ("/figures/habits", "/v1/statistics/habits"),
    ("/audit?customer={customer}", "/v1/audit?customer={customer}"),
    ("/audit/access", "/v1/access"),
    ("/audit/proof", "/v1/audit/seals"),
    ("/disputes", "/v1/disputes"),
    ("/customers/{contested}/disputes/1", "/v1/customers/{contested}/disputes/1"),
)


@pytest.mark.clause("S1-271")
def test_a_page_refuses_whom_its_question_refuses(reader: Reader, guests: Guests) -> None:
    guests.move_in({f"page-{role}": role for role in ROLES})
    found = {"customer": guests.potential(), "contested": contested(guests)}
    for role in ROLES:
        for page, question in SAME:
            path = question.format(**found)
            told = guests.client.get(
                path, headers={"Authorization": f"Bearer {guests.tokens[f'page-{role}']}"}
            )
            shown = reader.get(page.format(**found), f"page-{role}")
            assert shown.status_code == told.status_code, (role, page)
        assert reader.get("/", f"page-{role}").status_code == 200, role


@pytest.mark.clause("S1-271")
def test_the_navigation_leads_to_pages_that_answer_and_to_no_other(
    reader: Reader, guests: Guests
) -> None:
    guests.move_in({f"led-{role}": role for role in ROLES})
    for role in ROLES:
        member = f"led-{role}"
        text = reader.get("/", member).text
        nav = text[text.index("<nav") : text.index("</nav>")]
        for place in PLACES:
            is_shown = f'href="{place.address}"' in nav
            answers = reader.get(place.address, member).status_code == 200
            assert is_shown is answers, (role, place.address)
