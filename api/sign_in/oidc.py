"""Signing in through the company's own OpenID Connect provider: authorization code with PKCE.

What must come back unchanged (state, nonce, verifier) lies in a cookie of its own, for ten minutes
and authenticated, so that nothing is kept here for who never comes back. The token must be of
exactly this issuer, for this client, under this nonce and not expired; its claim must be the id of
a member who is there already: nobody is ever made by signing in.
Sources: OpenID Connect Core 1.0, section 3.1; RFC 7636; RFC 9700.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from api.settings import Settings, SettingsInvalid
from api.sign_in.errors import OidcFailed
from domain.sealing import Sealer

if TYPE_CHECKING:
    from collections.abc import Iterator

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")
UNDER_WAY_SECONDS = 600
LEEWAY_SECONDS = 60
TIMEOUT_SECONDS = 5.0
KEPT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A sign-in that has gone to the provider. until: seconds since 1970."""

    state: str
    nonce: str
    verifier: str
    until: int


class Provider:
    """The provider that the settings name. Raises SettingsInvalid where they are incomplete, or
    the optional extra is not installed."""

    def __init__(self, settings: Settings, sealer: Sealer) -> None:
        needed = {
            "TENURE_OIDC_CLIENT_ID": settings.oidc_client_id,
            "TENURE_OIDC_REDIRECT_URL": settings.oidc_redirect_url,
        }
        missing = "、".join(name for name, value in needed.items() if not value)
        if missing:
            raise SettingsInvalid(
                zh=f"已设置 TENURE_OIDC_ISSUER，但缺少 {missing}",
                en=f"TENURE_OIDC_ISSUER is set, but {missing} is missing",
            )
        try:
            import authlib.integrations.httpx_client  # noqa: F401  only whether it is there
        except ImportError as error:
            raise SettingsInvalid(
                zh="使用 OpenID Connect 须安装：pip install 'tenure[oidc]'",
                en="OpenID Connect needs an extra: pip install 'tenure[oidc]'",
            ) from error
        self._settings = settings
        self._issuer = str(settings.oidc_issuer)
        self._sealer = sealer
        self._known: tuple[float, dict[str, Any], Any] | None = None
        self._lock = threading.Lock()

    def begin(self) -> tuple[str, str]:
        """The provider's address to go to, and the cookie's value. Raises OidcFailed."""
        metadata, _ = self._metadata()
        under_way = UnderWay(
            secrets.token_urlsafe(32),
            secrets.token_urlsafe(32),
            secrets.token_urlsafe(48),
            int(time.time()) + UNDER_WAY_SECONDS,
        )
        with self._client() as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=under_way.state,
                nonce=under_way.nonce,
                code_verifier=under_way.verifier,
            )
        return url, self._cookie(under_way)

    def finish(self, answered: Mapping[str, str], cookie: str | None) -> str:
        """The id of the member that the provider vouches for. Raises OidcFailed.

        answered: the parameters that the browser brought back.
        """
        under_way = self._under_way(cookie)
        if not hmac.compare_digest(under_way.state.encode(), answered.get("state", "").encode()):
            raise OidcFailed("state")
        # RFC 9207: a provider that names itself must be the one that was asked.
        if answered.get("iss", self._issuer) != self._issuer:
            raise OidcFailed("issuer")
        if "error" in answered or not answered.get("code"):
            raise OidcFailed("refused")
        metadata, keys = self._metadata()
        with self._client() as client, _told("provider"):
            token = client.fetch_token(
                metadata["token_endpoint"],
                grant_type="authorization_code",
                code=answered["code"],
                code_verifier=under_way.verifier,
            )
        claims = self._claims(str(token.get("id_token", "")), keys, under_way.nonce)
        member = claims.get(self._settings.oidc_member_claim)
        if not isinstance(member, str):
            raise OidcFailed("claim")
        return member

    def _claims(self, token: str, keys: Any, nonce: str) -> Mapping[str, Any]:
        """The claims of an id token that is valid here and now. Raises OidcFailed."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        client_id = self._settings.oidc_client_id
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            self._known = None  # Its keys may be new: the next sign-in asks for them.
            raise OidcFailed("token") from error
        if claims.get("azp", client_id) != client_id:
            raise OidcFailed("token")
        return claims

    def _metadata(self) -> tuple[dict[str, Any], Any]:
        """What the provider says of itself, and its keys; asked once an hour. Raises OidcFailed."""
        from joserfc.jwk import KeySet

        with self._lock:
            if self._known is not None and time.monotonic() - self._known[0] < KEPT_SECONDS:
                return self._known[1:]
            with self._client() as client, _told("provider"):
                place = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
                metadata = (
                    client.request("GET", place, withhold_token=True).raise_for_status().json()
                )
                if metadata["issuer"] != self._issuer:
                    raise OidcFailed("issuer")
                answer = client.request("GET", metadata["jwks_uri"], withhold_token=True)
                keys = KeySet.import_key_set(answer.raise_for_status().json())
            self._known = time.monotonic(), metadata, keys
            return metadata, keys

    @contextmanager
    def _client(self) -> Iterator[Any]:
        from authlib.integrations.httpx_client import OAuth2Client

        secret = self._settings.oidc_client_secret
        with OAuth2Client(
            self._settings.oidc_client_id,
            secret.get_secret_value() if secret else None,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            scope=self._settings.oidc_scope,
            redirect_uri=self._settings.oidc_redirect_url,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        ) as client:
            yield client

    def _cookie(self, under_way: UnderWay) -> str:
        told = urlsafe_b64encode(json.dumps(asdict(under_way)).encode()).decode().rstrip("=")
        return f"{told}.{self._sealer.keyed_hash('oidc', told)}"

    def _under_way(self, cookie: str | None) -> UnderWay:
        """The sign-in of the cookie. Raises OidcFailed for one that is old, foreign or missing."""
        told, _, mac = (cookie or "").partition(".")
        if not hmac.compare_digest(self._sealer.keyed_hash("oidc", told).encode(), mac.encode()):
            raise OidcFailed("state")
        found = UnderWay(**json.loads(urlsafe_b64decode(told + "=" * (-len(told) % 4))))
        if found.until <= time.time():
            raise OidcFailed("state")
        return found


@contextmanager
def _told(reason: str) -> Iterator[None]:
    """Whatever the provider does wrong, as OidcFailed; what it said is not passed on."""
    from authlib.common.errors import AuthlibBaseError
    from httpx2 import HTTPError
    from joserfc.errors import JoseError

    try:
        yield
    except (AuthlibBaseError, HTTPError, JoseError, KeyError, ValueError, TypeError) as error:
        raise OidcFailed(reason) from error
