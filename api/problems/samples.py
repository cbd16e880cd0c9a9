"""One error of each kind, as a case would raise it: the examples of the OpenAPI document."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from api.problems.errors import DetailsUsedUp, MethodNotAllowed, TooLarge, UnsupportedType
from api.sign_in.errors import (
    CsrfMissing,
    OidcFailed,
    PasswordChangeDue,
    SignInFailed,
    TooManyRequests,
)
from domain import errors
from domain.events.values import Match, Stage

_CUSTOMER = UUID("0198f2a4-7c3e-7b61-9d52-3f0a8e6c1b47")
_INTO = UUID("0198ee07-1d52-7c04-8f6b-a41e90d7c385")
_CLAIMED = datetime(2026, 3, 5, 6, 3, tzinfo=UTC)
_DEADLINE = datetime(2026, 4, 4, 6, 3, tzinfo=UTC)

SAMPLES: tuple[errors.TenureError, ...] = (
    errors.AlreadyProtected(_CUSTOMER, "zhang-wei", Stage.POTENTIAL, _CLAIMED, _DEADLINE),
    errors.Barred(_CUSTOMER, _DEADLINE),
    errors.PoolClosed(_CUSTOMER, _DEADLINE),
    errors.NotTheHolder(_CUSTOMER, "zhang-wei"),
    errors.WrongStage(_CUSTOMER, "waiting", ["potential", "intent"]),
    errors.OwnDecision(_CUSTOMER, "zhang-wei"),
    errors.NotAParty(_CUSTOMER),
    errors.DuplicateName(_CUSTOMER, Match.SIMILAR),
    errors.NothingPending(_CUSTOMER),
    errors.AlreadyPending(_CUSTOMER),
    errors.TooLate(_CUSTOMER, _DEADLINE),
    errors.ExtensionsUsedUp(_CUSTOMER, Stage.POTENTIAL, 1, 1),
    errors.EarlierClaim(_CUSTOMER, "li-na", _CLAIMED),
    errors.NumberTaken(_CUSTOMER, "TN-2026-0157"),
    errors.PortfolioFull(_CUSTOMER, 50, 50),
    errors.MergedAway(_CUSTOMER, _INTO),
    errors.AlreadyErased(_CUSTOMER, _INTO),
    errors.VersionConflict(8),
    errors.IdempotencyMismatch(),
    errors.NotAllowed("review", ("reviewer",)),
    errors.NotFound("customer", _CUSTOMER),
    errors.NotSignedIn(),
    SignInFailed(),
    OidcFailed("state"),
    PasswordChangeDue(),
    CsrfMissing(),
    TooManyRequests(30),
    errors.Invalid.field("contact.phone", "missing", zh="缺少此字段", en="is required"),
    DetailsUsedUp(200, datetime(2026, 3, 5, 16, tzinfo=UTC), 35_820),
    MethodNotAllowed("DELETE", ["GET", "PATCH"]),
    TooLarge(262144),
    UnsupportedType(),
    errors.ViewBehind("customers", 12),
    errors.Unavailable(),
)
BY_SLUG = {sample.slug: sample for sample in SAMPLES}
