"""Every event in one sentence, in Chinese and in English, for people who read the log.

A sentence names members by their sign-in names (or as `member_names` says) and holds nothing that
is sealed. Instants are told to the second: in Beijing time in Chinese, in UTC in English. Modules
here are named after those of the events that they tell.
"""

from __future__ import annotations

from collections.abc import Mapping

from eventsourcing.domain import DomainEvent

from domain.words import (
    applications,
    classes,
    contracts,
    customer,
    details,
    disputes,
    duplicates,
    holders,
    identity,
    member,
    organisation,
    party,
    refusal,
    rulebook,
    subject,
    webhook,
)
from domain.words.phrases import BEIJING, QUOTED_CHARACTERS_MAX, Names, Sentences, Words

__all__ = ["BEIJING", "QUOTED_CHARACTERS_MAX", "Words", "describe"]

_SENTENCES: Sentences = {
    **customer.SENTENCES,
    **applications.SENTENCES,
    **contracts.SENTENCES,
    **holders.SENTENCES,
    **duplicates.SENTENCES,
    **disputes.SENTENCES,
    **classes.SENTENCES,
    **identity.SENTENCES,
    **member.SENTENCES,
    **organisation.SENTENCES,
    **rulebook.SENTENCES,
    **refusal.SENTENCES,
    **party.SENTENCES,
    **webhook.SENTENCES,
    **subject.SENTENCES,
    **details.SENTENCES,
}


def describe(event: DomainEvent, *, member_names: Mapping[str, str] | None = None) -> Words:
    """What happened, in one sentence. Raises KeyError for a class without a sentence."""
    words = _SENTENCES[type(event)](event, Names(member_names or {}))
    if words.en.startswith("the system"):
        return Words(words.zh, "T" + words.en[1:])
    return words
