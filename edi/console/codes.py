"""One-time codes besides the password (TOTP, RFC 6238): what the applications of telephones show."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

import pyotp

_PAS = 30  # seconds that a code stands for
_ECART = (0, -1, 1)  # steps that a telephone's clock may be off


def make_secret(token: str) -> str:
    """The secret that a session proposes: always the same, so that nothing is kept before it is used."""
    return base64.b32encode(hmac.new(token.encode(), b"totp", hashlib.sha256).digest()[:20]).decode()


def find_step(secret: str, code: str, at: datetime) -> int | None:
    """The time step whose code this is, around an instant; None when it is no code of the secret."""
    digits = "".join(code.split())
    now = int(at.timestamp()) // _PAS
    for offset in _ECART:
        due = pyotp.TOTP(secret).generate_otp(now + offset)
        if hmac.compare_digest(due.encode(), digits.encode()):
            return now + offset
    return None


def make_address(secret: str, login: str, plateforme: str) -> str:
    """What a telephone opens to take up the secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=plateforme)
