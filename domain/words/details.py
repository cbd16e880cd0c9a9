"""Requests to read a customer's details."""

from __future__ import annotations

from domain.events import (
    DetailsGranted,
    DetailsRefused,
    DetailsRequested,
    DetailsRequestedAgain,
)
from domain.words.phrases import Names, Sentences, Words, count, en_instant, zh_instant


def _requested(event: DetailsRequested | DetailsRequestedAgain, who: Names) -> Words:
    zh_again, en_again = ("", "")
    if isinstance(event, DetailsRequestedAgain):
        zh_again, en_again = "再次", " once more"
    return Words(
        f"{who.zh(event.member)}{zh_again}申请查阅该客户资料{event.days}天",
        f"{who.en(event.member)} asked{en_again} to read the customer's details"
        f" for {count(event.days, 'day')}",
    ).because(event.reason)


def _granted(event: DetailsGranted, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}批准{who.zh(event.member)}查阅该客户资料，"
        f"至{zh_instant(event.until)}止",
        f"{who.en(event.actor)} let {who.en(event.member)} read the customer's details"
        f" until {en_instant(event.until)}",
    ).because(event.reason)


def _refused(event: DetailsRefused, who: Names) -> Words:
    return Words(
        f"{who.zh(event.actor)}未批准{who.zh(event.member)}查阅该客户资料",
        f"{who.en(event.actor)} did not let {who.en(event.member)} read the customer's details",
    ).because(event.reason)


SENTENCES: Sentences = {
    DetailsRequested: _requested,
    DetailsRequestedAgain: _requested,
    DetailsGranted: _granted,
    DetailsRefused: _refused,
}
