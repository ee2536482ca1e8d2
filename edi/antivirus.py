"""A client of clamd: bytes are handed to the antivirus as they come; nothing is called clean unasked.

The protocol is ``zINSTREAM`` of clamd(8): chunks preceded by their length, an empty chunk to end. Nothing is
written to disk, and no path is given away.
"""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterable
from typing import NamedTuple

from edi.model import Card, Finding, Place, Severity

TIMEOUT = 30.0  # seconds for each exchange with clamd
_CHUNK = 64 * 1024  # bytes sent at a time
_REPLY_MAX = 4096  # bytes of an answer that are read
# What clamd says of what it does not look at: the last one with ``AlertExceedsMax yes`` only, as if a virus.
_TOO_LARGE = re.compile(r"INSTREAM size limit exceeded\. ERROR|stream: Heuristics\.Limits\.Exceeded\S* FOUND")
_ANSWER = re.compile(r"stream: (?:(?P<clean>OK)|(?P<signature>.+) FOUND)")

SAIN, INFECTE, TROP_GROS, INJOIGNABLE = "sain", "infecte", "trop-gros", "injoignable"


class Scan(NamedTuple):
    """What the antivirus says: ``sain``, ``infecte`` (``signature`` names what), ``trop-gros`` (it looks at
    nothing so large), ``injoignable`` (``raison`` tells why). The last two are undecided, never clean."""

    etat: str
    signature: str = ""
    raison: str = ""  # in English, for logs


def scan(address: str, chunks: Iterable[bytes], timeout: float = TIMEOUT) -> Scan:
    """The answer of clamd about these bytes.

    ``address``: the path of a unix socket (``/run/clamav/clamd.ctl``), or ``host:port``. A clamd that does
    not answer, or errs, gives ``injoignable``.
    """
    try:
        with _connect(address, timeout) as connection:
            return _read(_converse(connection, chunks))
    except (OSError, ValueError) as error:  # ValueError: an address without a port
        return Scan(INJOIGNABLE, raison=f"{type(error).__name__}: {error}")


def _connect(address: str, timeout: float) -> socket.socket:
    if "/" not in address:
        host, _, port = address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def _converse(connection: socket.socket, chunks: Iterable[bytes]) -> bytes:
    try:
        connection.sendall(b"zINSTREAM\0")
        for chunk in chunks:
            for start in range(0, len(chunk), _CHUNK):
                piece = chunk[start : start + _CHUNK]
                connection.sendall(struct.pack("!I", len(piece)) + piece)
        connection.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # clamd may say why it hung up, as it does when the stream is too long
    reply = b""
    while b"\0" not in reply and len(reply) < _REPLY_MAX:
        part = connection.recv(_REPLY_MAX)
        if not part:
            break
        reply += part
    return reply


def _read(reply: bytes) -> Scan:
    text, end, _ = reply.partition(b"\0")
    answer = text.decode("utf-8", "replace").strip()
    if end and _TOO_LARGE.fullmatch(answer):
        return Scan(TROP_GROS, raison=answer[:200])
    match = _ANSWER.fullmatch(answer) if end else None
    if match is None:
        return Scan(INJOIGNABLE, raison=f"unexpected answer {answer[:200]!r}")
    return Scan(SAIN) if match["clean"] else Scan(INFECTE, match["signature"])


ANTIVIRUS_INFECTE = Card(  # value: name of the file; signature
    "EDI-ANTIVIRUS-01",
    Severity.FATAL,
    "IRR_ANTIVIRUS",
    "DGFiP, dossier général §3.4.6 (motif IRR_ANTIVIRUS)",
    "L'antivirus a trouvé dans « {value} » un contenu malveillant ({signature}).",
    "L'administrateur EDI de l'émetteur fait examiner le poste qui a produit le fichier, le recrée sain et "
    "dépose de nouveau le flux.",
)
ANTIVIRUS_INJOIGNABLE = Card(  # value: name of the file; raison
    "EDI-ANTIVIRUS-02",
    Severity.HOLD,
    "IRR_ANTIVIRUS",
    "DGFiP, dossier général §3.4.6 (contrôle antivirus avant recevabilité)",
    "Le fichier « {value} » attend : l'antivirus de la plateforme {raison}.",
    "L'exploitant de la plateforme rétablit l'antivirus, ou relève ses limites ; le déposant n'a rien à "
    "faire.",
)
_RAISONS = {INJOIGNABLE: "n'a pas répondu", TROP_GROS: "n'examine pas de contenu aussi gros"}


def tell(scan: Scan, nom: str, place: Place = Place()) -> Finding | None:
    """What is said of the file ``nom`` after a scan; None when it is clean."""
    if scan.etat == SAIN:
        return None
    if scan.etat == INFECTE:
        return ANTIVIRUS_INFECTE.at(place, value=nom, signature=scan.signature)
    return ANTIVIRUS_INJOIGNABLE.at(place, value=nom, raison=_RAISONS[scan.etat])


CARDS = (ANTIVIRUS_INFECTE, ANTIVIRUS_INJOIGNABLE)
