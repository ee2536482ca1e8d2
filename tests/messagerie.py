"""A mail server on this machine, as tests need it: in clear or over TLS, with a login or not."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edi.model import Courriel

PASSWORD = "un mot de passe"


class Box:
    """What a mail server was handed, and what it answers."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.answers: list[str] = []  # instead of taking the next mails

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refused:
            return "550 unknown here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"


def make_localhost() -> tuple[bytes, bytes]:
    """A certificate of this machine that vouches for itself, and its key; both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
            False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return built.public_bytes(pem), private


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


def knock(controller: Controller) -> None:
    """Open a first connection, which the controller waits for: its own would not speak TLS."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", controller.port)) as sock, context.wrap_socket(sock) as tls:
        tls.recv(1)


@contextmanager
def mail_server(box: Box, certificate: Path | None = None, *, securite: str = "aucune") -> Iterator[Courriel]:
    """A mail server on this machine, as the configuration would name it."""
    kwargs: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(str(certificate / "both.pem"))
        key = "ssl_context" if securite == "tls" else "tls_context"
        kwargs = {key: context, "authenticator": login, "auth_require_tls": securite != "tls"}
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), **kwargs)
    if securite == "tls":
        controller._trigger_server = lambda: knock(controller)  # type: ignore[method-assign]
    controller.start()
    autorites = str(certificate / "cert.pem") if certificate else ""
    try:
        yield Courriel(
            "127.0.0.1",
            "navette@example.org",
            ("edi@example.org", "compta@example.org"),
            port=controller.port,
            securite=securite,
            autorites=autorites,
            delai=5,
        )
    finally:
        controller.stop()
