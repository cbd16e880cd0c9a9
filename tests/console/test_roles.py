"""Pages open to a role exactly as far as the interface does: they ask the same questions."""

import pytest

from api.console.navigation import PLACES
from domain.permissions import ROLES
from tests.api.http.guests import Guests
from tests.console.reading import Reader

SAME = (
    ("/pool", "/v1/pool"),
    ("/collisions?name=空调", "/v1/collisions?name=空调"),
    ("/customers/{customer}", "/v1/customers/{customer}"),
    ("/customers/{customer}/time", "/v1/customers/{customer}/replay"),
)


@pytest.mark.clause("S1-271")
def test_a_page_refuses_whom_its_question_refuses(reader: Reader, guests: Guests) -> None:
    guests.move_in({f"page-{role}": role for role in ROLES})
    customer = guests.potential()
    for role in ROLES:
        for page, question in SAME:
            path = question.format(customer=customer)
            told = guests.client.get(
                path, headers={"Authorization": f"Bearer {guests.tokens[f'page-{role}']}"}
            )
            shown = reader.get(page.format(customer=customer), f"page-{role}")
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
