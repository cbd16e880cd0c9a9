"""The second part of a bundle's verify.py: who held the customer when, from the events alone.

Written a second time on purpose, without the domain: a test holds both equal on many lives.
"""

from __future__ import annotations

import json
from base64 import b64decode

from api.proof.evidence.proving import Broken, moment

# ---- Who held the customer when: the customer's events, folded.

NOBODY = ("released", "lapsed", "claim_withdrawn", "holder_removed", "merged")
ENDINGS = {
    "lapsed": "lapsed",
    "released": "released",
    "claim_withdrawn": "withdrawn",
    "holder_removed": "removed",
    "review_passed": "review-passed",
    "review_refused": "review-refused",
    "claim_corrected": "corrected",
    "intent_granted": "intent-granted",
    "contract_confirmed": "contract-confirmed",
    "transferred": "transferred",
    "moved_to_after_sales": "moved",
    "merged": "merged",
    "duplicate_absorbed": "merged",
    "dispute_moved": "dispute-moved",
    "restored": "restored",
}
TIMES = ("claimed_at", "since", "in_force_since", "until", "review_due", "held_over_until")


def at_of(text):
    return None if text is None else moment(text)


def protection(**given):
    """The right of a holder; what is not given is nothing."""
    made = dict.fromkeys(("holder", "group", "department", "application", "leaving", *TIMES))
    return made | {"corrections": 0, "extensions": 0, "signatures": ()} | given


def led_to(before, kind, event):
    """The protection after an event; None: nobody holds the customer."""
    if kind in NOBODY:
        return None
    if kind == "claimed":
        return claimed(event)
    if kind in ("dispute_moved", "restored"):
        return awarded(before, event)
    if kind == "duplicate_absorbed":
        return absorbed(event["protection"])
    if before is None:
        return None
    changed = CHANGES.get(kind)
    return before if changed is None else changed(before, event)


def claimed(event):
    at, leaving = at_of(event["timestamp"]), None
    if event.get("leaves_at") is not None:
        leaving = (at_of(event["leaves_at"]), None, None)
    return protection(
        holder=event["holder"],
        department=event["department"],
        stage="waiting",
        claimed_at=at,
        since=at,
        review_due=at_of(event["review_due"]),
        rulebook=event["rulebook"],
        leaving=leaving,
    )


def awarded(before, event):
    kept = before is not None and event["holder"] == event["to"]
    same = ("department", "stage", "corrections", "extensions")
    return protection(
        holder=event["to"],
        since=at_of(event["timestamp"]),
        rulebook=event["granted_by"],
        signatures=before["signatures"] if kept else (),
        **{name: event[name] for name in same},
        **{name: at_of(event[name]) for name in TIMES if name != "since"},
    )


def absorbed(told):
    if told is None:
        return None
    made = dict(told) | {name: at_of(told[name]) for name in TIMES}
    made["signatures"] = tuple(told["signatures"])
    application, leaving = told["application"], told["leaving"]
    made["application"] = application and (application["kind"], application["asked_at"])
    made["leaving"] = leaving and (at_of(leaving["at"]), leaving["to"], leaving["department"])
    return made


def reviewed(before, event):
    at = at_of(event["timestamp"])
    return before | {
        "stage": "potential",
        "since": at,
        "in_force_since": at,
        "until": at_of(event["until"]),
        "review_due": None,
        "rulebook": event["rulebook"],
    }


def refused(before, event):
    return before | {
        "stage": "rejected",
        "since": at_of(event["timestamp"]),
        "until": at_of(event["removal_due"]),
        "review_due": None,
    }


def corrected(before, event):
    return before | {
        "stage": "waiting",
        "since": at_of(event["timestamp"]),
        "until": None,
        "review_due": at_of(event["review_due"]),
        "corrections": before["corrections"] + 1,
    }


def asked(kind):
    def change(before, event):
        return before | {
            "application": (kind, event["timestamp"]),
            "held_over_until": at_of(event["held_over_until"]),
        }

    return change


def granted(before, event):
    signatures = dict.fromkeys((*before["signatures"], *event.get("signatures", ())))
    return before | {
        "until": at_of(event["until"]),
        "application": None,
        "signatures": tuple(signatures),
        "held_over_until": at_of(event["held_over_until"]),
    }


def intent_granted(before, event):
    at = at_of(event["timestamp"])
    stage = {"stage": "intent", "since": at, "extensions": 0, "rulebook": event["rulebook"]}
    return granted(before, event) | stage


def extension_granted(before, event):
    return granted(before, event) | {"extensions": before["extensions"] + 1}


def application_closed(before, _):
    kept = before["held_over_until"] if before["signatures"] else None
    return before | {"application": None, "held_over_until": kept}


def signed(before, event):
    if event["held_over_until"] is None:
        return before
    signatures = (*before["signatures"], event["number"])
    return before | {"signatures": signatures, "held_over_until": at_of(event["held_over_until"])}


def unsigned(before, event):
    signatures = tuple(one for one in before["signatures"] if one != event["number"])
    kept = before["held_over_until"] if signatures or before["application"] else None
    return before | {"signatures": signatures, "held_over_until": kept}


def confirmed(before, event):
    if before["stage"] == "formal":
        return unsigned(before, event)
    return protection(
        stage="formal",
        claimed_at=before["claimed_at"],
        since=at_of(event["timestamp"]),
        in_force_since=before["in_force_since"],
        corrections=before["corrections"],
        rulebook=event["rulebook"],
        group=event["group"] or "after-sales",
    )


def handed_over(before, to, department):
    group = "after-sales" if to is None else None
    return before | {"holder": to, "group": group, "department": department, "leaving": None}


def moved(before, event):
    return handed_over(before, event["to"], event["department"])


def arranged(before, event):
    return before | {"leaving": (at_of(event["leaves_at"]), event["to"], event["department"])}


CHANGES = {
    "review_passed": reviewed,
    "review_refused": refused,
    "claim_corrected": corrected,
    "intent_requested": asked("intent"),
    "extension_requested": asked("extension"),
    "intent_granted": intent_granted,
    "extension_granted": extension_granted,
    "intent_refused": application_closed,
    "extension_refused": application_closed,
    "application_withdrawn": application_closed,
    "contract_signed": signed,
    "contract_voided": unsigned,
    "contract_confirmed": confirmed,
    "transferred": moved,
    "moved_to_after_sales": moved,
    "hand_over_arranged": arranged,
}


def deadline(held):
    """When it is over if nothing is decided; held over by an application or a signature."""
    until, over = held["until"], held["held_over_until"]
    is_over = until is not None and over is not None and over > until
    return over if is_over and (held["application"] or held["signatures"]) else until


def passing(held):
    """The holder's leaving, where it puts the customer into other hands."""
    leaving, ends = held["leaving"], deadline(held)
    if leaving is None or (leaving[1] is None and held["stage"] != "formal"):
        return None
    return leaving if ends is None or leaving[0] < ends else None


def until_of(held, since):
    """When the tenure ends by itself."""
    passes, leaving, at = passing(held), held["leaving"], deadline(held)
    if passes is not None:
        at = passes[0]
    elif leaving is not None and leaving[1] is None and held["stage"] != "formal":
        at = leaving[0] if at is None else min(at, leaving[0])
    return None if at is None else max(since, at)


def opened(version, held, since, grounds, arranged_version):
    kept = ("holder", "group", "department", "stage", "claimed_at", "in_force_since", "rulebook")
    return {name: held[name] for name in kept} | {
        "opened_version": version,
        "since": since,
        "until": until_of(held, since),
        "ended": None,
        "grounds": grounds,
        "held": held,
        "arranged": arranged_version,
    }


def step(running, kind, event, version):
    """The running tenure after an event, and the one that it ended."""
    before = running and running["held"]
    after = led_to(before, kind, event)
    if running is None and after is None:
        return None, None
    stands = None
    if after is not None and after["leaving"] is not None:
        same = before is not None and before["leaving"] == after["leaving"]
        stands = running["arranged"] if same else version
    is_new = kind in ("claimed", "dispute_moved", "restored") or (
        kind == "duplicate_absorbed" and event["moved"]
    )
    who = ("holder", "group", "stage", "claimed_at")
    if running and after and not is_new and all(before[one] == after[one] for one in who):
        ends = ("until", "application", "signatures", "held_over_until", "leaving")
        is_ground = any(before[one] != after[one] for one in ends)
        running |= {
            "until": until_of(after, running["since"]),
            "rulebook": after["rulebook"],
            "grounds": [*running["grounds"], version] if is_ground else running["grounds"],
            "held": after,
            "arranged": stands,
        }
        return running, None
    at = at_of(event["timestamp"])
    opening = None
    if after is not None:
        goes_on = running and after["claimed_at"] == before["claimed_at"]
        earlier = running["grounds"] if goes_on and kind != "duplicate_absorbed" else []
        opening = opened(version, after, at, [*earlier, version], stands)
    if running is not None:
        running |= {
            "until": max(running["since"], at),
            "ended": ending_of(kind, event),
            "grounds": [*running["grounds"], version],
        }
    return opening, running


def ending_of(kind, event):
    if kind == "lapsed" and event["cause"] == "undecided":
        return "undecided"
    if kind == "holder_removed" and event["cause"] == "left":
        return "left"
    return ENDINGS.get(kind, "lapsed")


def tenures_of(events, customer):
    """Every tenure of the customer, in order; the last may follow from an arranged leaving."""
    told, running = [], None
    own = [event for event in events if event["stream"] == customer]
    for number, event in enumerate(sorted(own, key=lambda one: one["version"]), 1):
        if event["version"] != number:
            raise Broken(f"events.ndjson: version {number} of the customer is missing")
        state = json.loads(b64decode(event["state"]))
        before = running
        kind = event["topic"].removeprefix("customer.")
        running, ended = step(running, kind, state, number)
        if running is not None and running is not before:
            told.append(running)
        if ended is not None and ended not in told:
            told.append(ended)
    if running is not None and running["until"] is not None and running["arranged"] is not None:
        passes = passing(running["held"])
        if passes is not None:
            follows = handed_over(running["held"], passes[1], passes[2])
            version = running["arranged"]
            told.append(opened(version, follows, running["until"], [version], None))
    return [shown(tenure) for tenure in told]


def shown(tenure):
    """A tenure as timeline.json tells it."""
    plain = {name: value for name, value in tenure.items() if name not in ("held", "arranged")}
    return {
        name: value.isoformat(timespec="microseconds").replace("+00:00", "Z")
        if hasattr(value, "isoformat")
        else value
        for name, value in plain.items()
    }
