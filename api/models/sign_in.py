"""Bodies and answers of signing in."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from api.models.fields import (
    EXAMPLE_ID,
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Body,
    Instant,
    Told,
    described,
)
from domain.passwords import CHARACTERS_MAX, CHARACTERS_MIN

_NEW = f"At least {CHARACTERS_MIN} characters, not the name, none of the commonest."
_TOKEN = "9pYQm0cV6bW2hT1rX8sK4uE7nL3jA5dF0gZtHyRqMwo"  # noqa: S105 - an example


class SignInBody(Body):
    """Name and password (S1-295)."""

    member: Annotated[str, described("Sign-in name.", "zhang-wei", maxLength=100)]
    password: Annotated[
        str, described("The password.", "竹林 小径 清晨 的 雨声", maxLength=CHARACTERS_MAX)
    ]
    new_password: Annotated[
        str | None,
        described(
            f"The password from now on; needed where the other was for one time. {_NEW}",
            "山谷 里 有 七 只 白鹭 起飞",
            maxLength=CHARACTERS_MAX,
        ),
    ] = None


class PasswordBody(Body):
    """The password from now on; all other sessions end."""

    current: Annotated[
        str, described("The password so far.", "竹林 小径 清晨 的 雨声", maxLength=CHARACTERS_MAX)
    ]
    new: Annotated[str, described(_NEW, "山谷 里 有 七 只 白鹭 起飞", maxLength=CHARACTERS_MAX)]


class SessionTold(Told):
    """A session: one browser that is signed in."""

    session_id: Annotated[UUID, described("Id of the session, to end it by.", EXAMPLE_ID)]
    member: Annotated[str, described("Whose it is.", "zhang-wei")]
    method: Annotated[str, described("How it began: `password` or `oidc`.", "password")]
    client: Annotated[str | None, described("Address from which it began.", "203.0.113.7")]
    created_at: Annotated[Instant, described("When it began.", EXAMPLE_INSTANT)]
    last_seen_at: Annotated[Instant, described("When it was used last.", EXAMPLE_INSTANT)]
    expires_at: Annotated[
        Instant, described("When it ends, however much it is used.", EXAMPLE_LATER)
    ]
    is_this: Annotated[bool, described("True for the session that asks.", True)]


class SignedInTold(Told):
    """Who is signed in, and by what."""

    member: Annotated[str, described("Sign-in name.", "zhang-wei")]
    name: Annotated[str, described("Name for people.", "张伟")]
    roles: Annotated[list[str], described("Roles of now.", ["seller"])]
    department: Annotated[str, described("Department of now.", "一部")]
    session_id: Annotated[
        UUID | None, described("The session; null for a bearer token.", EXAMPLE_ID)
    ]
    expires_at: Annotated[
        Instant | None, described("When the session ends at the latest.", EXAMPLE_LATER)
    ]
    csrf_token: Annotated[
        str | None,
        described("What a command in this session must send as `X-CSRF-Token`.", _TOKEN),
    ]


class SessionPage(Told):
    """The live sessions of a member, the newest first."""

    items: Annotated[list[SessionTold], described("The sessions.", [])]
    at: Annotated[Instant, described("The instant at which they are live.", EXAMPLE_INSTANT)]


class EndedTold(Told):
    """What has ended."""

    session_id: Annotated[UUID, described("The session that is no more.", EXAMPLE_ID)]


class PasswordTold(Told):
    """Whose password was changed."""

    member: Annotated[str, described("Sign-in name.", "zhang-wei")]


class OneTimePasswordTold(PasswordTold):
    """A password for one time. It is shown this once."""

    password: Annotated[
        str, described("To be changed with the first sign-in.", "k7mq-2vxd-p4ja-w9ty")
    ]
    expires_at: Annotated[Instant, described("Until when it may be used.", EXAMPLE_LATER)]


class TokenUseTold(Told):
    """A bearer token, without its secret."""

    token_id: Annotated[UUID, described("Id of the token, to revoke it by.", EXAMPLE_ID)]
    name: Annotated[str, described("What it is for; empty where nobody said.", "报表")]
    scopes: Annotated[
        list[str] | None,
        described("What it is limited to; null: to nothing but the member's rights.", ["read"]),
    ]
    issued_at: Annotated[Instant, described("When it was issued.", EXAMPLE_INSTANT)]
    expires_at: Annotated[
        Instant | None, described("When it becomes void; null: when revoked.", EXAMPLE_LATER)
    ]
    last_used_at: Annotated[
        Instant | None,
        described("When it was last used, to the minute; null: not yet.", EXAMPLE_INSTANT),
    ]
    last_client: Annotated[
        str | None, described("From which address it was last used.", "203.0.113.7")
    ]


class TokenPage(Told):
    """A member's tokens that are not revoked, in the order of their issue."""

    items: Annotated[list[TokenUseTold], described("The tokens.", [])]
    at: Annotated[Instant, described("The instant at which they stand so.", EXAMPLE_INSTANT)]
