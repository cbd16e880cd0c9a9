"""What can be done with a customer, as forms: each command with its fields and its route.

The rules are not here: `may` says what is allowed, and the command decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from pydantic import BaseModel

from api.answers import Answer
from api.console.catalogue import marked
from api.console.forms import Entry, body_of, checked
from api.models import applications as apply
from api.models import bodies
from api.models import contracts as contract
from api.models import disputes as dispute
from api.models import duplicates as duplicate
from api.models import hand_over as hand
from api.models.classes import ClassBody
from api.models.details import DetailsDecisionBody, DetailsRequestBody
from api.models.fields import Body
from api.routes import (
    applications,
    classes,
    contracts,
    details,
    disputes,
    duplicates,
    hand_over,
    protection,
)
from api.routes import registration as record
from api.routes.calls import CommandCall
from api.routes.parameters import ContractNumber, DisputeNumber, MemberId, ReportNumber
from domain.terms import CHANNELS, RULINGS

Route = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Action:
    """One command on a customer. case: the field that says which of the customer's contracts,
    reports, disputes or requests is meant, and stands in the address over HTTP; None without one.
    names_version: its form says which version of the customer its sender saw; not that of a command
    on a stream beside the customer's."""

    command: str
    model: type[BaseModel]
    route: Route
    entries: tuple[Entry, ...] = ()
    case: Entry | None = None
    is_final: bool = False
    names_version: bool = True

    @property
    def fields(self) -> tuple[Entry, ...]:
        """Every field of the form, the case first."""
        return (self.case, *self.entries) if self.case else self.entries

    def run(
        self, customer_id: UUID, typed: Mapping[str, str], zone: str, call: CommandCall
    ) -> Answer:
        """The command, by the route that serves it over HTTP. Raises Invalid and what it raises."""
        body = checked(self.model, body_of(self.entries, typed, zone))
        if self.case is None:
            return self.route(customer_id, body=body, call=call)
        case = checked(_CASES[self.case], body_of([self.case], typed, zone))
        return self.route(customer_id, getattr(case, self.case.name), body=body, call=call)


class _ContractCase(Body):
    number: ContractNumber


class _ReportCase(Body):
    number: ReportNumber


class _DisputeCase(Body):
    number: DisputeNumber


class _RequestCase(Body):
    member: MemberId


REASON = Entry("reason", marked("Reason"), "area")
DECISION_REASON = Entry(
    "reason", marked("Reason"), "area", is_required=False, hint=marked("Required to refuse.")
)
RECEIVER = Entry("to", marked("Member"), hint=marked("Sign-in name."))
CONTRACT = Entry("number", marked("Contract"), "choice")
REPORT = Entry("number", marked("Report"), "integer")
DISPUTE = Entry("number", marked("Dispute"), "integer")
REQUEST = Entry("member", marked("Asked by"), "choice")
_CASES: Final[Mapping[Entry, type[Body]]] = {
    CONTRACT: _ContractCase,
    REPORT: _ReportCase,
    DISPUTE: _DisputeCase,
    REQUEST: _RequestCase,
}
GRANT = Entry("decision", marked("Decision"), "choice", True, ("grant", "refuse"), "decision")


def contact(place: str, *, is_required: bool = True) -> tuple[Entry, ...]:
    """A contact person (S1-027)."""
    return (
        Entry(f"{place}name", marked("Contact person"), is_required=is_required),
        Entry(f"{place}position", marked("Position"), is_required=is_required),
        Entry(f"{place}phone", marked("Phone of the contact person"), "phone", is_required),
    )


def follow_up(place: str = "", *, is_required: bool = True) -> tuple[Entry, ...]:
    """A follow-up (S1-029 to S1-031)."""
    return (
        Entry(
            f"{place}channel", marked("Channel"), "choice", is_required, tuple(CHANNELS), "channel"
        ),
        Entry(f"{place}next_contact_at", marked("Next contact"), "instant", is_required=False),
        Entry(f"{place}note", marked("Notes"), "area", is_required),
    )


_CLAIM = (*contact("contact."), *follow_up("follow_up.", is_required=False))
_STEPS = (
    Entry("type", marked("Type of contract"), is_required=False),
    Entry("signed_on", marked("Signed on"), "day", is_required=False),
    Entry("payment_method", marked("Method of payment"), is_required=False),
    Entry("buyer", marked("Buyer"), "area", is_required=False),
    Entry("products.0.name", marked("Product"), is_required=False),
    Entry("products.0.quantity", marked("Quantity"), "integer", is_required=False),
    Entry("products.0.price", marked("Price of one piece"), is_required=False),
    Entry("promises", marked("Promised besides, one a line"), "lines", is_required=False),
)
_PROFILE = (
    Entry("name", marked("Full name"), is_required=False),
    Entry("address", marked("Address"), is_required=False),
    Entry("industry", marked("Industry"), is_required=False),
    Entry("phone", marked("Phone number"), "phone", is_required=False),
    Entry("introduction", marked("Introduction"), "area", is_required=False),
    Entry("override_reason", marked("Why it is another company"), "area", is_required=False),
)
_REVIEW = (
    Entry("decision", marked("Decision"), "choice", True, ("pass", "refuse"), "decision"),
    DECISION_REASON,
    Entry(
        "different_company",
        marked("Why an earlier claim on a similar record does not stand against it"),
        "area",
        is_required=False,
    ),
)
_DAYS = Entry("days", marked("Days"), "integer", is_required=False)
_EXTENSION = (REASON, _DAYS)
_EXTENSION_DECISION = (GRANT, _DAYS, DECISION_REASON)
RULE = Entry(
    "rule",
    marked("Rule that it rests on"),
    is_required=False,
    hint=marked("Its code or its clause, as already-protected or S1-053."),
)
_RULING = (
    Entry("ruling", marked("Ruling"), "choice", True, tuple(RULINGS), "ruling"),
    Entry("to", marked("Member"), is_required=False, hint=marked("Sign-in name.")),
    Entry("stage", marked("Stage"), "choice", False, ("waiting", "potential", "intent"), "state"),
    Entry("until", marked("Protected until"), "instant", is_required=False),
    RULE,
    REASON,
)
ACTIONS: Final = (
    Action("claim", bodies.ClaimBody, protection.claim, _CLAIM),
    Action(
        "withdraw",
        bodies.WithdrawalBody,
        protection.withdraw,
        (
            Entry(
                "what",
                marked("What is taken back"),
                "choice",
                True,
                ("claim", "intent", "extension"),
                "withdrawn",
            ),
            REASON,
        ),
    ),
    Action("review", bodies.ReviewBody, protection.review, _REVIEW),
    Action("follow-up", bodies.FollowUpBody, protection.follow_up, follow_up()),
    Action("add-contact", bodies.ContactBody, record.add_contact, contact("")),
    Action("change-profile", bodies.ProfileBody, record.change_profile, _PROFILE),
    Action("release", bodies.ReleaseBody, protection.release, (REASON,), is_final=True),
    Action("intent", apply.IntentBody, applications.request_intent, (REASON,)),
    Action(
        "decide-intent",
        apply.IntentDecisionBody,
        applications.decide_intent,
        (GRANT, DECISION_REASON),
    ),
    Action("extension", apply.ExtensionBody, applications.request_extension, _EXTENSION),
    Action(
        "decide-extension",
        apply.ExtensionDecisionBody,
        applications.decide_extension,
        _EXTENSION_DECISION,
    ),
    Action(
        "draw-contract",
        contract.ContractNumberBody,
        contracts.draw_contract,
        (Entry("number", marked("Number of the contract")),),
    ),
    Action(
        "detail-contract", contract.ContractStepsBody, contracts.detail_contract, _STEPS, CONTRACT
    ),
    Action(
        "confirm-contract",
        contract.ConfirmationBody,
        contracts.confirm_contract,
        case=CONTRACT,
    ),
    Action(
        "void-contract",
        contract.VoidBody,
        contracts.void_contract,
        (REASON,),
        CONTRACT,
        is_final=True,
    ),
    Action("transfer", hand.TransferBody, hand_over.transfer, (RECEIVER, REASON)),
    Action("remove-holder", hand.RemovalBody, hand_over.remove_holder, (REASON,), is_final=True),
    Action("name-after-sales", hand.AfterSalesBody, hand_over.name_after_sales, (RECEIVER,)),
    Action(
        "classify",
        ClassBody,
        classes.classify,
        (
            Entry("class", marked("Class"), "choice", True, ("A", "B", "C"), "class"),
            REASON,
        ),
    ),
    Action(
        "report-duplicate",
        duplicate.DuplicateBody,
        duplicates.report_duplicate,
        (
            Entry("of", marked("Record that it doubles"), hint=marked("Id of the record.")),
            Entry("statement", marked("Statement"), "area"),
        ),
    ),
    Action(
        "resolve-duplicate",
        duplicate.ResolutionBody,
        duplicates.resolve_duplicate,
        (
            Entry(
                "resolution",
                marked("Decision"),
                "choice",
                True,
                ("merge", "different"),
                "resolution",
            ),
            REASON,
        ),
        REPORT,
    ),
    Action(
        "open-dispute",
        dispute.DisputeBody,
        disputes.open_dispute,
        (
            Entry("contested_at", marked("Contested instant"), "instant"),
            RULE,
            Entry("statement", marked("Statement"), "area"),
        ),
    ),
    Action(
        "state-in-dispute",
        dispute.StatementBody,
        disputes.state_in_dispute,
        (Entry("statement", marked("Statement"), "area"),),
        DISPUTE,
    ),
    Action("rule-dispute", dispute.RulingBody, disputes.rule_dispute, _RULING, DISPUTE),
    Action(
        "ask-details",
        DetailsRequestBody,
        details.ask,
        (Entry("days", marked("Days"), "integer"), REASON),
        names_version=False,
    ),
    Action(
        "decide-details",
        DetailsDecisionBody,
        details.decide,
        (GRANT, _DAYS, REASON),
        REQUEST,
        names_version=False,
    ),
)
BY_COMMAND: Final[Mapping[str, Action]] = {action.command: action for action in ACTIONS}
