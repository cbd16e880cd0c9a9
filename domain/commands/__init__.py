"""One class a command: what it needs to read, what makes it malformed, and its decision."""

from domain.commands.applications import (
    DecideExtension,
    DecideIntent,
    RequestExtension,
    RequestIntent,
)
from domain.commands.claims import Claim, FollowUp, Release, Review, Withdraw
from domain.commands.classes import Classify
from domain.commands.contracts import ConfirmContract, DetailContract, DrawContract, VoidContract
from domain.commands.departments import PlaceDepartment
from domain.commands.details import AskDetails, DecideDetails
from domain.commands.disputes import OpenDispute, RuleDispute, StateInDispute
from domain.commands.duplicates import ReportDuplicate, ResolveDuplicate
from domain.commands.hand_over import ArrangeLeave, NameAfterSales, RemoveHolder, Transfer
from domain.commands.people import (
    AddMember,
    AdoptRulebook,
    ChangeMember,
    IssueToken,
    RevokeToken,
)
from domain.commands.records import AddContact, ChangeProfile, Register
from domain.commands.subjects import AskErasure, ConfirmErasure, LiftRestriction
from domain.commands.webhooks import AddWebhook, ResendWebhook, SwitchWebhook

__all__ = [
    "AddContact",
    "AddMember",
    "AddWebhook",
    "AdoptRulebook",
    "ArrangeLeave",
    "AskDetails",
    "AskErasure",
    "ChangeMember",
    "ChangeProfile",
    "Claim",
    "Classify",
    "ConfirmContract",
    "ConfirmErasure",
    "DecideDetails",
    "DecideExtension",
    "DecideIntent",
    "DetailContract",
    "DrawContract",
    "FollowUp",
    "IssueToken",
    "LiftRestriction",
    "NameAfterSales",
    "OpenDispute",
    "PlaceDepartment",
    "Register",
    "Release",
    "RemoveHolder",
    "ReportDuplicate",
    "RequestExtension",
    "RequestIntent",
    "ResendWebhook",
    "ResolveDuplicate",
    "Review",
    "RevokeToken",
    "RuleDispute",
    "StateInDispute",
    "SwitchWebhook",
    "Transfer",
    "VoidContract",
    "Withdraw",
]
