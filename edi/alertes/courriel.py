"""Sending one mail: TLS from the first byte or by STARTTLS, and the certificate of the server verified."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path

from edi.model import Courriel
from edi.sftp import SecretUnusable
from edi.sftp.session import read_secret


class NotTold(Exception):
    """A channel of alerts did not take what is told; the message says why, in French, without any secret."""


def trust(autorites: str, root: Path) -> ssl.SSLContext:
    """Whom a server's certificate must be vouched for by. Raises NotTold."""
    try:
        return ssl.create_default_context(cafile=str(root / autorites) if autorites else None)
    except OSError as error:  # an ssl.SSLError too
        raise NotTold(f"les autorités « {autorites} » sont illisibles ({error.strerror or error})") from error


def secret_of(source: str, root: Path) -> str:
    """What ``env:NAME`` or ``fichier:PATH`` holds. Raises NotTold."""
    try:
        return read_secret(source, root)
    except SecretUnusable as error:
        raise NotTold(str(error)) from error


def send(mail: EmailMessage, courriel: Courriel, root: Path) -> tuple[str, ...]:
    """Hand a mail to the server; the addresses that it refused, while it took others. Raises NotTold."""
    context = trust(courriel.autorites, root)
    password = secret_of(courriel.mot_de_passe, root)
    where = f"{courriel.hote}:{courriel.port}"
    try:
        with _open(courriel, context) as server:
            if courriel.securite == "starttls":
                server.starttls(context=context)
            if courriel.utilisateur:
                server.login(courriel.utilisateur, password)
            return tuple(server.send_message(mail, courriel.de, courriel.a))
    except smtplib.SMTPNotSupportedError as error:
        raise NotTold(f"{where} n'offre pas ce qui est demandé ({error})") from error
    except smtplib.SMTPAuthenticationError as error:
        raise NotTold(f"{where} refuse l'accès à « {courriel.utilisateur} » ({error.smtp_code})") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise NotTold(f"{where} refuse tous les destinataires : {', '.join(error.recipients)}") from error
    except smtplib.SMTPResponseException as error:
        raise NotTold(f"{where} refuse le message ({error.smtp_code} {_text(error.smtp_error)})") from error
    except ssl.SSLCertVerificationError as error:
        raise NotTold(f"le certificat de {where} n'est pas reconnu ({error.verify_message})") from error
    except (OSError, UnicodeError) as error:  # SMTPException is an OSError too
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):  # smtplib hides it
            raise NotTold(f"{where} ne répond pas en {courriel.delai:g} s") from error
        raise NotTold(f"{where} : {error}") from error


def _open(courriel: Courriel, context: ssl.SSLContext) -> smtplib.SMTP:
    if courriel.securite == "tls":
        return smtplib.SMTP_SSL(courriel.hote, courriel.port, timeout=courriel.delai, context=context)
    return smtplib.SMTP(courriel.hote, courriel.port, timeout=courriel.delai)


def _text(told: bytes | str) -> str:
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else told
