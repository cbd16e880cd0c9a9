"""Random lives of customers, which take only steps that their states allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from domain.contract import Contract
from domain.events import Bar, ContractDrawn, DisputeMoved, DuplicateReported, Restored
from projections.view import LogEntry
from tests.projections.stories import (
    DAY,
    START,
    Story,
    a_contact,
    a_leave,
    a_likeness,
    a_member,
    a_party,
    a_refusal,
    an_identity,
)

# Of each state: the steps it allows, and the state that each leads to; "" for the same.
ANYWHERE = {
    "add": "",
    "erase": "",
    "rename": "",
    "rival": "",
    "report": "",
    "differ": "",
    "link": "",
    "contest": "",
    "state": "",
    "classify": "",
    "uphold": "",
}
ENDS = {"take over": "potential", "award": "potential", "restore": "potential"}
NEXT_STEPS = {
    "registered": {
        "claim": "waiting",
        "take over": "potential",
        "restore": "potential",
        **ANYWHERE,
        "merge": "merged",
    },
    "waiting": {
        "pass": "potential",
        "refuse": "rejected",
        "withdraw": "registered",
        "follow": "",
        "transfer": "",
        "arrange": "",
        "award": "potential",
        **ANYWHERE,
    },
    "rejected": {"correct": "waiting", "remove": "registered", "withdraw": "registered"},
    "potential": {
        "ask intent": "asked",
        "ask extension": "extending",
        "follow": "",
        "arrange": "",
        "transfer": "",
        "release": "registered",
        "lapse": "registered",
        "leave": "registered",
        "absorb": "",
        "merge away": "merged",
        **ANYWHERE,
    },
    "asked": {
        "grant intent": "intent",
        "refuse intent": "potential",
        "take back": "potential",
        "transfer": "",
        "lapse undecided": "registered",
    },
    "extending": {"grant extension": "potential", "refuse extension": "potential"},
    "intent": {"draw": "drawn", "arrange": "", "release": "registered", "lapse": "registered"},
    "drawn": {"detail": "typed", "void": "intent", "lapse": "registered"},
    "typed": {"sign": "signed"},
    "signed": {"promise": "", "confirm": "formal", "void": "intent", **ENDS},
    "formal": {"move": "", "follow": "", "arrange": "", "absorb": "", **ANYWHERE},
    "merged": {"rival": ""},
}
STEPS: dict[str, Callable[[Story, int], Any]] = {
    "claim": lambda story, n: story.claimed(
        f"seller-{n % 4}",
        collision=[a_likeness(story)],
        leaves_at=story.at + 9 * DAY if n % 3 == 0 else None,
    ),
    "add": lambda story, _: story.contact_added(),
    "erase": lambda story, _: story.data_erased(story.id),
    "rename": lambda story, n: story.profile_changed(name=f"第{n}有限公司", phone_hash=f"{n}"),
    "pass": lambda story, _: story.review_passed(),
    "refuse": lambda story, _: story.review_refused(),
    "correct": lambda story, _: story.claim_corrected(),
    "follow": lambda story, n: story.followed_up(next_contact_at=story.at + DAY if n % 2 else None),
    "withdraw": lambda story, _: story.claim_withdrawn(bar=Bar(story.holder, story.at + DAY)),
    "release": lambda story, _: story.released(bar=Bar(None, story.at + DAY)),
    "lapse": lambda story, _: story.lapsed(story.at),
    "lapse undecided": lambda story, _: story.lapsed(story.at, cause="undecided"),
    "remove": lambda story, _: story.holder_removed(story.at),
    "leave": lambda story, _: story.holder_removed(story.at, cause="left"),
    "transfer": lambda story, n: story.transferred(f"seller-{n % 4}"),
    "arrange": lambda story, n: story.hand_over_arranged(
        story.at + n * DAY, to="seller-9" if n % 2 else None
    ),
    "ask intent": lambda story, _: story.intent_requested(),
    "grant intent": lambda story, _: story.intent_granted(),
    "refuse intent": lambda story, _: story.intent_refused(),
    "take back": lambda story, _: story.application_withdrawn(),
    "ask extension": lambda story, _: story.extension_requested(),
    "grant extension": lambda story, _: story.extension_granted(),
    "refuse extension": lambda story, _: story.extension_refused(),
    "draw": lambda story, n: story.contract_drawn(f"HT-{n % 3}"),
    "detail": lambda story, _: story.contract_detailed("type", _number(story), type="采购"),
    "sign": lambda story, _: story.contract_signed(_number(story)),
    "promise": lambda story, n: story.contract_detailed(
        "promises", _number(story), promises=[f"第{n}条"]
    ),
    "confirm": lambda story, _: story.contract_confirmed(_number(story)),
    "void": lambda story, _: story.contract_voided(_number(story)),
    "move": lambda story, n: story.moved_to_after_sales(f"after-{n % 2}" if n % 3 else None),
    "report": lambda story, n: story.duplicate_reported(OTHERS[n % 2], number=n % 2),
    "differ": lambda story, n: (
        story.duplicate_resolved(OTHERS[n % 3], number=n % 2)
        if n % 3 and _is_reported(story, n % 2)
        else story.likeness_ended(OTHERS[n % 2])
    ),
    "link": lambda story, n: story.duplicate_linked(OTHERS[n % 2]),
    "absorb": lambda story, _: story.absorbed(
        OTHERS[0], bars=[Bar("rest", story.at + DAY)], claimants=["rest"], signers=["seller-7"]
    ),
    "take over": lambda story, _: story.absorbed(
        OTHERS[1],
        moved=True,
        contacts=[a_contact()],
        contracts=[Contract("HT-8", "first", story.at, story.at + 30 * DAY)],
        linked=[OTHERS[0]],
        different_from=[OTHERS[2]],
    ),
    "classify": lambda story, n: story.classified((None, "A", "B", "C")[n % 4]),
    "contest": lambda story, n: story.dispute_opened(f"rival-{n % 3}"),
    "uphold": lambda story, n: story.dispute_opened(f"rival-{n % 3}").dispute_ruled(),
    "state": lambda story, n: (
        story.dispute_opened(f"rival-{n % 3}")
        .dispute_stated("rest")
        .dispute_stated(f"rival-{n % 2}")
    ),
    "award": lambda story, n: (
        story.dispute_opened(f"rival-{n % 3}")
        .dispute_ruled("move")
        .awarded(f"seller-{n % 4}", DisputeMoved)
    ),
    "restore": lambda story, n: (
        story.dispute_opened(f"rival-{n % 3}")
        .dispute_ruled("restore")
        .awarded(f"seller-{n % 4}", Restored, claimed_at=START, extensions=n % 3)
    ),
    "merge": lambda story, _: story.merged(OTHERS[0]),
    "merge away": lambda story, _: story.merged(OTHERS[0], moved=True),
}
OTHERS = [
    Story().registered(),
    Story().registered().claimed("first").review_passed(),
    Story().registered(),
]


class Life:
    """A customer that takes only steps that its state allows."""

    def __init__(self) -> None:
        self.story = Story().registered()
        self.state = "registered"
        self.rivals = 0

    def step(self, choice: int, hours: int) -> list[Any]:
        allowed = list(NEXT_STEPS[self.state])
        return self.take(allowed[choice % len(allowed)], hours)

    def take(self, name: str, hours: int) -> list[Any]:
        self.story.then(timedelta(hours=hours))
        if name == "rival":
            self.rivals += 1
            rival = f"rival-{self.rivals}"
            party = a_party(self.story.id, rival, at=self.story.at)
            return [a_refusal(self.story.id, actor=rival, at=self.story.at), party]
        STEPS[name](self.story, hours)
        self.state = NEXT_STEPS[self.state][name] or self.state
        return self.taken()

    def taken(self) -> list[Any]:
        new, self.story.new = self.story.new, []
        return new


def random_log(steps: list[tuple[int, int, int]]) -> list[LogEntry]:
    lives = [Life() for _ in range(3)]
    events = _beginning(lives)
    for customer, choice, hours in steps:
        events += lives[customer].step(choice, hours)
    return _entries(events)


def thorough_log(count: int) -> list[LogEntry]:
    """Lives that always take the step which was taken least so far; so every one is taken."""
    lives = [Life() for _ in range(12)]
    events = _beginning(lives)
    taken: Counter[str] = Counter()
    for number in range(count):
        life = lives[number % len(lives)]
        name = min(NEXT_STEPS[life.state], key=lambda step: taken[step])
        # A merge ends a life, so one of each kind is enough.
        taken[name] += 1_000 if name.startswith("merge") else 1
        events += life.take(name, number % 50)
    return _entries(events)


def _beginning(lives: list[Life]) -> list[Any]:
    joined = a_member("zhang")
    events: list[Any] = [joined, a_leave(joined, START + DAY), a_member("stays")]
    for life in lives:
        events += [*life.taken(), an_identity(life.story)]
    return events


def _entries(events: list[Any]) -> list[LogEntry]:
    return [
        LogEntry(position, START, type(event).TOPIC, event)
        for position, event in enumerate(events, start=1)
    ]


def _is_reported(story: Story, number: int) -> bool:
    return any(type(e) is DuplicateReported and e.number == number for e in story.events)


def _number(story: Story) -> str:
    """The contract that was drawn last."""
    drawn = [event for event in story.events if isinstance(event, ContractDrawn)]
    return str(drawn[-1].number)
