"""A small identity provider over real HTTP, which signs real tokens; a test may have it do wrong things."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "navette", "un secret de test"
_KEY, _OTHER = (RSAKey.generate_key(2048, {"kid": "cle", "use": "sig", "alg": "RS256"}) for _ in range(2))


class FauxPas:
    """What it does wrong: claims that replace its own, the key it signs by, what it leaves out."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.key = _KEY
        self.unsigned = False
        self.silent = False  # it answers nothing but errors
        self.userinfo: dict[str, Any] | None = None  # told when asked, and not in the token

    def sign_by_another_key(self) -> None:
        self.key = _OTHER


class FournisseurOidc:
    """The provider; ``personne`` is who logs in there."""

    def __init__(self, horloge: Callable[[], datetime]) -> None:
        self.horloge, self.faux = horloge, FauxPas()
        self.personne: dict[str, Any] = {
            "sub": "42",
            "preferred_username": "Zoé.Martin",
            "name": "Zoé Martin",
            "groups": ["edi-operateurs"],
        }
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, "")

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                provider.answer(self, self.rfile.read(length).decode())

            def log_message(self, *_: Any) -> None:
                """Tests read what the console says."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def emetteur(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, handler: BaseHTTPRequestHandler, body: str) -> None:
        path = urlsplit(handler.path).path
        self.asked.append(path)
        routes = {
            "/.well-known/openid-configuration": self._describe,
            "/jwks": lambda h, b: KeySet([_KEY]).as_dict(private=False),
            "/token": self._give_token,
            "/userinfo": lambda h, b: {"sub": self.personne["sub"], **(self.faux.userinfo or {})},
        }
        told = None if self.faux.silent or path not in routes else routes[path](handler, body)
        data = json.dumps(told or {"error": "invalid_grant"}).encode()
        handler.send_response(200 if told else 400)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _describe(self, handler: BaseHTTPRequestHandler, body: str) -> dict[str, Any]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        names |= {"end_session_endpoint": "logout", "userinfo_endpoint": "userinfo"}
        return {"issuer": self.emetteur, **{name: f"{self.emetteur}/{path}" for name, path in names.items()}}

    def authorize(self, address: str) -> dict[str, str]:
        """Somebody logs in at the address that it was sent to: what its browser brings back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["client_id"] == CLIENT
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return {"code": code, "state": query["state"]}

    def _give_token(self, handler: BaseHTTPRequestHandler, body: str) -> dict[str, Any] | None:
        form = {name: values[0] for name, values in parse_qs(body).items()}
        basic = base64.b64decode(handler.headers["Authorization"].partition(" ")[2]).decode()
        asked = self.codes.pop(form["code"], None)  # a code serves once
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        known = basic == f"{CLIENT}:{SECRET}" and asked is not None
        if not known or asked is None or challenge != asked["code_challenge"]:
            return None
        return {"access_token": "acces", "token_type": "Bearer", "id_token": self._sign(asked["nonce"])}

    def _sign(self, nonce: str) -> str:
        now = int(self.horloge().timestamp())
        claims = {"iss": self.emetteur, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= self.personne | self.faux.claims
        if self.faux.userinfo is not None:
            claims.pop("groups")
        if self.faux.unsigned:
            parts = (json.dumps(one).encode() for one in ({"alg": "none"}, claims))
            return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts) + "."
        return jwt.encode({"alg": "RS256", "kid": "cle"}, claims, self.faux.key)


@contextmanager
def serve(horloge: Callable[[], datetime]) -> Iterator[FournisseurOidc]:
    """A provider that answers until the end of the block."""
    provider = FournisseurOidc(horloge)
    thread = threading.Thread(target=provider.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        provider.server.shutdown()
        thread.join()
        provider.server.server_close()


def configure(provider: FournisseurOidc, **more: str) -> str:
    """Lines of edi.toml that name it."""
    lines = ["[console]", *(f'{key} = "{value}"' for key, value in more.items()), "[console.oidc]"]
    lines += [f'emetteur = "{provider.emetteur}"', f'client = "{CLIENT}"', 'secret = "fichier:config/oidc"']
    lines += ['adresse = "http://127.0.0.1:8080"', 'libelle = "Exemple"']
    for nom, role in (("lecteurs", "lecture"), ("operateurs", "operateur"), ("chefs", "administrateur")):
        lines += ["[[console.oidc.groupe]]", f'nom = "edi-{nom}"', f'role = "{role}"']
    lines += ["[[console.oidc.groupe]]", 'nom = "edi-ouest"', 'role = "fournisseur"']
    lines += ['deposants = ["AAA123"]', ""]
    return "\n".join(lines)
