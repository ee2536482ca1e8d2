"""OpenID Connect: sending somebody to an identity provider, and reading what it says of who comes back.

Code flow with PKCE. The browser keeps one secret; state, nonce and verifier are made of it, so that nothing
that passes through an address tells it, and what comes back to another browser is worth nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from edi.model import ReglagesOidc

_ALGORITHMES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_DERIVE = 60  # seconds that its clock may be off
# What each claim that is not as it must be is told by.
_PHRASES = {
    "nonce": "La réponse n'est pas celle de cette demande : recommencez.",
    "aud": "La réponse s'adresse à une autre application que celle-ci.",
    "azp": "La réponse s'adresse à une autre application que celle-ci.",
    "iss": "La réponse ne vient pas du fournisseur d'identité attendu.",
}
_SIGNATURE = "La réponse n'est pas signée par le fournisseur d'identité, ou n'est pas lisible."
_PERIMEE = "La réponse a expiré : recommencez ; si cela dure, faites vérifier les horloges."
_MUET = "Le fournisseur d'identité ne répond pas comme attendu : réessayez plus tard."


class NonReconnu(Exception):
    """Somebody that the provider does not vouch for, or not to us; the text is a French sentence."""

    def __init__(self, phrase: str, raison: str) -> None:
        super().__init__(phrase)
        self.raison = raison  # one word, for the log


@dataclass(frozen=True)
class Fournisseur:
    """The identity provider."""

    reglages: ReglagesOidc
    read_secret: Callable[[], str]
    autorites: str | None  # path of a PEM file; None: those of the system
    horloge: Callable[[], datetime]

    def make_address(self, token: str) -> str:
        """Where a browser that keeps ``token`` is sent to. Raises NonReconnu."""
        with self._session() as session:
            endpoint = self._discover(session)["authorization_endpoint"]
            address, _ = session.create_authorization_url(
                endpoint,
                state=derive(token, "state"),
                nonce=derive(token, "nonce"),
                code_verifier=_pkce(token),
            )
        return str(address)

    def find_exit(self) -> str:
        """Where one logs out of the provider too; '' when it does not say, or does not answer."""
        try:
            with self._session() as session:
                endpoint = str(self._discover(session).get("end_session_endpoint", ""))
        except NonReconnu:
            return ""
        back = {"client_id": self.reglages.client}
        back |= {"post_logout_redirect_uri": f"{self.reglages.adresse}/connexion"}
        return f"{endpoint}?{urlencode(back)}" if endpoint else ""

    def read_claims(self, token: str, code: str) -> Mapping[str, Any]:
        """What the provider says of who came back with a code. Raises NonReconnu."""
        with self._session() as session:
            told = self._discover(session)
            try:
                given = session.fetch_token(
                    told["token_endpoint"],
                    code=code,
                    code_verifier=_pkce(token),
                    grant_type="authorization_code",
                )
                keys = KeySet.import_key_set(cast(Any, self._get(session, told["jwks_uri"])))
            except (OAuthError, JoseError, requests.RequestException, ValueError, KeyError) as error:
                raise NonReconnu(_MUET, f"exchange: {type(error).__name__}") from error
            claims = self._verify(str(given.get("id_token", "")), keys, derive(token, "nonce"))
            return self._complete(session, told, claims)

    def _verify(self, id_token: str, keys: KeySet, nonce: str) -> CodeIDToken:
        try:
            read = jwt.decode(id_token, keys, algorithms=_ALGORITHMES)
        except (JoseError, ValueError) as error:
            raise NonReconnu(_SIGNATURE, f"signature: {type(error).__name__}") from error
        must = {"iss": self.reglages.emetteur, "aud": self.reglages.client}
        options = {name: {"essential": True, "value": value} for name, value in must.items()}
        params = {"nonce": nonce, "client_id": self.reglages.client}
        claims = CodeIDToken(read.claims, read.header, options, params)
        try:
            claims.validate(int(self.horloge().timestamp()), _DERIVE)
        except ExpiredTokenError as error:
            raise NonReconnu(_PERIMEE, "exp") from error
        except (JoseError, ValueError, TypeError) as error:
            name = str(getattr(error, "claim", "") or type(error).__name__)
            raise NonReconnu(_PHRASES.get(name, _SIGNATURE), name) from error
        return claims

    def _complete(
        self, session: OAuth2Session, told: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The claims with those that the provider only tells when it is asked."""
        first = self.reglages.revendication.partition(".")[0]
        if first in claims or "userinfo_endpoint" not in told:
            return claims
        more = self._get(session, told["userinfo_endpoint"], bearer=True)
        if more.get("sub") != claims["sub"]:
            raise NonReconnu(_PHRASES["nonce"], "userinfo")
        return {**more, **claims}

    def _discover(self, session: OAuth2Session) -> Mapping[str, Any]:
        told = self._get(session, f"{self.reglages.emetteur.rstrip('/')}/.well-known/openid-configuration")
        missing = {"authorization_endpoint", "token_endpoint", "jwks_uri"} - told.keys()
        if missing or told.get("issuer") != self.reglages.emetteur:
            raise NonReconnu(_MUET, "discovery")
        secure = self.reglages.emetteur.startswith("https://")
        named = [str(told[name]) for name in told if "endpoint" in name or name == "jwks_uri"]
        if secure and not all(one.startswith("https://") for one in named):
            raise NonReconnu(_MUET, "discovery")
        return told

    def _get(self, session: OAuth2Session, url: str, *, bearer: bool = False) -> dict[str, Any]:
        try:
            answer = session.get(url, withhold_token=not bearer)
            answer.raise_for_status()
            found = answer.json()
        except (OAuthError, requests.RequestException, ValueError) as error:
            raise NonReconnu(_MUET, f"unreachable: {type(error).__name__}") from error
        if not isinstance(found, dict):
            raise NonReconnu(_MUET, "unreadable")
        return found

    def _session(self) -> OAuth2Session:
        session = OAuth2Session(
            self.reglages.client,
            self.read_secret(),
            scope=" ".join(self.reglages.etendues),
            redirect_uri=self.reglages.retour,
            code_challenge_method="S256",
            default_timeout=self.reglages.delai,
        )
        session.verify = self.autorites or True
        return session


def derive(token: str, what: str) -> str:
    """The state or the nonce of a login, made of what its browser keeps."""
    return hmac.new(token.encode(), what.encode(), hashlib.sha256).hexdigest()


def _pkce(token: str) -> str:
    return derive(token, "pkce")


def read_groups(claims: Mapping[str, Any], revendication: str) -> frozenset[str]:
    """The groups that a claim names: a list of texts, or one text."""
    found: Any = claims
    for part in revendication.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    return frozenset(one for one in found if isinstance(one, str)) if isinstance(found, list) else frozenset()
