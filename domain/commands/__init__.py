"""One class a command: what it needs to read, what makes it malformed, and its decision."""

from domain.commands.claims import Claim, FollowUp, Release, Review, Withdraw
from domain.commands.people import (
    AddMember,
    AdoptRulebook,
    ChangeMember,
    IssueToken,
    RevokeToken,
)
from domain.commands.records import AddContact, ChangeProfile, Register

__all__ = [
    "AddContact",
    "AddMember",
    "AdoptRulebook",
    "ChangeMember",
    "ChangeProfile",
    "Claim",
    "FollowUp",
    "IssueToken",
    "Register",
    "Release",
    "Review",
    "RevokeToken",
    "Withdraw",
]
