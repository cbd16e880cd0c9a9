"""Bodies of the commands."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.models.fields import EXAMPLE_ID, Body, Instant, Role, described, optional
from domain.commands.claims import NOTE_CHARACTERS_MAX, REASON_CHARACTERS_MAX
from domain.commands.people import TOML_CHARACTERS_MAX
from domain.commands.records import CONTACTS_MAX, FIELD_CHARACTERS_MAX
from domain.events.values import Channel
from domain.names import NAME_CHARACTERS_MAX
from domain.orders import ContactInput, FollowUpInput
from domain.phones import PHONE_CHARACTERS_MAX

_NAME = "北京春意科技有限公司"
Reason = Annotated[
    str,
    described(
        "Why, in words that somebody else understands.",
        "客户已无采购计划",
        characters_max=REASON_CHARACTERS_MAX,
    ),
]


class ContactBody(Body):
    """A contact person; kept sealed, shown to those who may see details."""

    name: Annotated[str, described("The person's name.", "王敏", characters_max=100)]
    position: Annotated[str, described("Position in the company.", "采购经理", characters_max=100)]
    phone: Annotated[
        str,
        described(
            "Mobile or landline number, Chinese or international.",
            "13800138000",
            characters_max=PHONE_CHARACTERS_MAX,
        ),
    ]

    def typed(self) -> ContactInput:
        """As the domain takes it."""
        return ContactInput(self.name, self.position, self.phone)


class FollowUpBody(Body):
    """A dated note of a contact with the customer."""

    channel: Annotated[Channel, described("How the contact took place.", "phone")]
    note: Annotated[
        str,
        described(
            "Detailed notes of what was said.",
            "对方下周三开会讨论采购方案",
            characters_max=NOTE_CHARACTERS_MAX,
        ),
    ]
    next_contact_at: Annotated[
        Instant | None,
        described(
            "When to make contact next: in the future, at most a year ahead. Required while the "
            "customer is protected and not formal.",
            "2026-03-12T10:00:00+08:00",
        ),
    ] = None
    contact: Annotated[
        UUID | None,
        described("Id of the contact person that it was with.", EXAMPLE_ID, format="uuid"),
    ] = None
    contacted_at: Annotated[
        Instant | None,
        described(
            "When the contact took place, not in the future. Shown, but moves no clock.",
            "2026-03-05T14:00:00+08:00",
        ),
    ] = None

    def typed(self) -> FollowUpInput:
        """As the domain takes it."""
        return FollowUpInput(
            self.channel, self.note, self.next_contact_at, self.contact, self.contacted_at
        )


class RegisterBody(Body):
    """A customer that is entered for the first time."""

    profile: Annotated[
        str, described("Kind of record; the rulebook in force says which one.", "enterprise")
    ] = "enterprise"
    name: Annotated[
        str,
        described(
            "Full name: region, trade name, characteristic, organisation form.",
            _NAME,
            characters_max=NAME_CHARACTERS_MAX,
        ),
    ]
    address: Annotated[
        str,
        described(
            "Detailed address.",
            "北京市海淀区中关村大街1号",
            characters_max=FIELD_CHARACTERS_MAX["address"],
        ),
    ]
    industry: Annotated[
        str, described("Industry.", "软件", characters_max=FIELD_CHARACTERS_MAX["industry"])
    ]
    phone: Annotated[
        str,
        described(
            "Phone number of the company.", "010-62345678", characters_max=PHONE_CHARACTERS_MAX
        ),
    ]
    introduction: Annotated[
        str,
        described(
            "What the company does.",
            "开发企业软件，约两百人",
            characters_max=FIELD_CHARACTERS_MAX["introduction"],
        ),
    ]
    contacts: Annotated[
        tuple[ContactBody, ...],
        described("Contact persons.", [], maxItems=CONTACTS_MAX),
    ] = ()
    override_reason: Annotated[
        str | None,
        described(
            "Why this is another company than a similar one that is registered.",
            "同名品牌，法人与注册地均不同",
            maxLength=2000,
        ),
    ] = None


class ClaimBody(Body):
    """Asks for protection for oneself; by the claimant of a refused claim: its correction."""

    contact: Annotated[
        ContactBody,
        described(
            "The contact person that every claim carries.",
            {"name": "王敏", "position": "采购经理", "phone": "13800138000"},
        ),
    ]
    follow_up: Annotated[
        FollowUpBody | None,
        described(
            "The contact that led to the claim; required when the customer was held before.",
            {
                "channel": "phone",
                "note": "对方同意面谈",
                "next_contact_at": "2026-03-12T10:00:00+08:00",
            },
        ),
    ] = None


class WithdrawalBody(Body):
    """Takes an open claim or application back."""

    what: Annotated[
        Literal["claim", "intent", "extension"], described("What is taken back.", "claim")
    ]
    reason: Reason


class ReviewBody(Body):
    """The service centre's decision on a claim."""

    decision: Annotated[Literal["pass", "refuse"], described("The decision.", "pass")]
    reason: Annotated[
        str | None,
        described(
            "Why; required to refuse.", "联系人电话无法接通", maxLength=REASON_CHARACTERS_MAX
        ),
    ] = None
    different_company: Annotated[
        str | None,
        described(
            "Why an earlier claim on a similar record does not stand against this one.",
            "两家公司注册地不同",
            maxLength=REASON_CHARACTERS_MAX,
        ),
    ] = None


class ReleaseBody(Body):
    """Gives the customer up."""

    reason: Reason


class ProfileBody(Body):
    """Fields of the record that change; what is left out stays as it is."""

    name: Annotated[str, optional("The new full name.", _NAME, characters_max=NAME_CHARACTERS_MAX)]
    address: Annotated[
        str,
        optional(
            "The new address.",
            "北京市海淀区中关村大街2号",
            characters_max=FIELD_CHARACTERS_MAX["address"],
        ),
    ]
    industry: Annotated[
        str,
        optional("The new industry.", "软件", characters_max=FIELD_CHARACTERS_MAX["industry"]),
    ]
    phone: Annotated[
        str,
        optional("The new phone number.", "010-62345679", characters_max=PHONE_CHARACTERS_MAX),
    ]
    introduction: Annotated[
        str,
        optional(
            "The new introduction.",
            "开发企业软件，约三百人",
            characters_max=FIELD_CHARACTERS_MAX["introduction"],
        ),
    ]
    override_reason: Annotated[
        str | None,
        described(
            "Why this is another company than one whose name is similar to the new name.",
            "同名品牌，法人不同",
            maxLength=2000,
        ),
    ] = None

    def changes(self) -> dict[str, str]:
        """The profile fields that were sent."""
        sent: dict[str, Any] = self.model_dump(exclude_unset=True, exclude={"override_reason"})
        return sent


class MemberBody(Body):
    """A person to add."""

    id: Annotated[
        str,
        described(
            "Sign-in name, the id from now on: lower-case letters, digits, hyphens, underscores.",
            "zhang-wei",
            characters_max=40,
            pattern="^[a-z0-9][a-z0-9_-]*$",
        ),
    ]
    name: Annotated[str, described("Name for people.", "张伟", characters_max=100)]
    roles: Annotated[list[Role], described("At least one role.", ["seller"], minItems=1)]
    department: Annotated[str, described("Department.", "一部", characters_max=100)]


class MemberChangesBody(Body):
    """Roles, department, or both; what is left out stays as it is."""

    roles: Annotated[
        list[Role] | None, described("All roles from now on.", ["seller", "manager"])
    ] = None
    department: Annotated[
        str | None, described("Department from now on.", "二部", maxLength=100)
    ] = None


class TokenBody(Body):
    """A bearer token to make."""

    expires_at: Annotated[
        Instant | None,
        described(
            "From this instant the token is void; left out: until it is revoked.",
            "2027-03-05T00:00:00+08:00",
        ),
    ] = None
    name: Annotated[
        str | None,
        described("What the token is for, so that it can be told.", "报表", maxLength=100),
    ] = None
    scopes: Annotated[
        list[str] | None,
        described(
            "What the token is limited to: `read` (every question), `write` (every command), or "
            "permissions by name. Left out: to nothing but the member's own rights.",
            ["read", "claim"],
            minItems=1,
        ),
    ] = None


class RulebookBody(Body):
    """A version of the rules to adopt: a whole text, or another version with changed values."""

    toml: Annotated[
        str | None,
        described(
            "The whole text of the version. This, or `changes`.",
            'version = "2"\n…',
            characters_max=TOML_CHARACTERS_MAX,
        ),
    ] = None
    based_on: Annotated[
        str | None,
        Field(
            description="The version that `changes` go with. Left out: the one in force.",
            examples=[None],
            max_length=100,
        ),
    ] = None
    changes: Annotated[
        dict[str, Any] | None,
        Field(
            description="Values by their names in the rulebook, as JSON states them, `version` "
            "among them; null unsets one. The text is then written from them.",
            examples=[None],
            min_length=1,
            max_length=100,
        ),
    ] = None
    effective_from: Annotated[
        Instant | None,
        described(
            "From when it decides; not in the past. Left out: from now on.",
            "2026-04-01T00:00:00+08:00",
        ),
    ] = None
    reason: Reason
