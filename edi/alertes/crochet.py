"""Posting one event to a webhook: JSON, signed, with a key by which the receiver knows a second try.

The signature is the HMAC-SHA256, under the shared secret, of the instant, a full stop and the body: a
receiver that compares the instant with its clock cannot be shown an old event.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from edi.alertes.courriel import NotTold, secret_of, trust
from edi.model import Crochet


def sign(secret: str, instant: str, body: bytes) -> str:
    """The value of ``X-Navette-Signature``."""
    digest = hmac.new(secret.encode(), instant.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def post(contenu: str, cle: str, crochet: Crochet, root: Path, at: datetime) -> None:
    """Hand one event over: any answer but 2xx is a failure, a redirection too. Raises NotTold."""
    secret = secret_of(crochet.secret, root)
    if not secret:
        raise NotTold(f"le secret de « {crochet.nom} » est vide")
    body, instant = contenu.encode(), at.isoformat()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Navette",
        "Idempotency-Key": cle,
        "X-Navette-Instant": instant,
        "X-Navette-Signature": sign(secret, instant, body),
    }
    url = urlsplit(crochet.url)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    connection = _connect(crochet, root)
    try:
        connection.request("POST", target, body, headers)
        status = connection.getresponse().status
    except ssl.SSLCertVerificationError as error:
        raise NotTold(f"le certificat de {url.netloc} n'est pas reconnu ({error.verify_message})") from error
    except TimeoutError as error:
        raise NotTold(f"{url.netloc} ne répond pas en {crochet.delai:g} s") from error
    except (OSError, http.client.HTTPException) as error:
        raise NotTold(f"{url.netloc} : {error or type(error).__name__}") from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotTold(f"{url.netloc} répond {status}")


def _connect(crochet: Crochet, root: Path) -> http.client.HTTPConnection:
    url = urlsplit(crochet.url)
    host = url.hostname or ""
    if url.scheme == "https":
        context = trust(crochet.autorites, root)
        return http.client.HTTPSConnection(host, url.port, timeout=crochet.delai, context=context)
    return http.client.HTTPConnection(host, url.port, timeout=crochet.delai)
