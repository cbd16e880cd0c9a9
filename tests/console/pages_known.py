"""Every page of the console, for the tests that hold for all of them: one line a page."""

from dataclasses import dataclass

from tests.api.http.guests import Guests


@dataclass(frozen=True, slots=True)
class Known:
    """A page. path: `{customer}` and the like stand for what `places` prepared. member: who looks;
    None: nobody yet."""

    path: str
    member: str | None = "li"


PAGES = (
    Known("/"),
    Known("/", "wang"),
    Known("/collisions?name=空调"),
    Known("/register"),
    Known("/pool"),
    Known("/customers/{customer}"),
    Known("/customers/{customer}/time"),
    Known("/customers/{customer}/actions/follow-up"),
    Known("/sign-in", None),
)


def places(guests: Guests) -> dict[str, str]:
    """A house in which every page has something to show."""
    customer = guests.intent()
    guests.write_contract(customer)
    guests.claim(customer, "chen")
    guests.register()
    return {"customer": customer}
