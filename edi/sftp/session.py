"""One SSH session: the host key is pinned, the means of entry are those of the configuration and no other.

No agent, no known_hosts of the user, no looking for keys. Before the host key has been compared with the
pinned one, nothing of ours is sent but the key exchange. Secrets are read when used and kept nowhere.
"""

from __future__ import annotations

import base64
import binascii
import io
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import paramiko

from edi.model import Serveur, fingerprint, pinned
from edi.sftp.failures import (
    AuthRefused,
    ConnectionLost,
    HostKeyRefused,
    ProtocolBroken,
    SecretUnusable,
)

WINDOW = 1 << 26  # bytes the server may send before we have read them
PACKET = 1 << 17  # bytes of one SSH packet: four times the default, a quarter of the work
KEEPALIVE = 30  # seconds
# GCM first: it needs no second pass for the MAC, and it is what a processor does fastest.
_FIRST_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
_KEY_FAMILIES = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256"),
)


def open_transport(serveur: Serveur, root: Path) -> paramiko.Transport:
    """A session that is let in; relative paths start from ``root``. Raises RemoteFailed.

    A server has keys of several kinds. The kind of a pinned key is asked for; where only a SHA256 fingerprint
    is pinned, each kind is asked for until one fits, and a mismatch tells the first that was shown.
    """
    means = read_secrets(serveur, root)
    refused: AuthRefused | None = None
    for mean in means:  # each in a session of its own: some servers cut after a refusal
        try:
            return _enter(_recognise(serveur), serveur, mean)
        except AuthRefused as error:
            refused = error
    if len(means) > 1:
        refused = AuthRefused(f"le serveur refuse à « {serveur.utilisateur} » la clé, puis le mot de passe")
    raise refused or SecretUnusable("ni clé ni mot de passe n'est configuré pour ce serveur")


def _recognise(serveur: Serveur) -> paramiko.Transport:
    """A session with the server that is pinned. Raises HostKeyRefused, ConnectionLost."""
    kind = serveur.empreinte.split()[0] if " " in serveur.empreinte.strip() else ""
    if kind == "ssh-rsa":  # the name of the key; those of its signatures differ
        kind = "rsa-sha2-512"
    families = [family for family in _KEY_FAMILIES if not kind or kind in family]
    refused: HostKeyRefused | None = None
    for family in families or _KEY_FAMILIES:
        try:
            transport = _shake_hands(serveur, family)
        except paramiko.IncompatiblePeer:
            continue  # no key of this kind
        found = fingerprint(transport.get_remote_server_key().asbytes())
        if found == pinned(serveur.empreinte):
            return transport
        transport.close()
        refused = refused or HostKeyRefused(pinned(serveur.empreinte), found)
        if not serveur.empreinte:
            break
    if refused is None and kind:  # it has no key of that kind: show one that it has
        refused = HostKeyRefused(pinned(serveur.empreinte), _any_key(serveur))
    raise refused or ProtocolBroken("aucun chiffrement ni aucune clé en commun avec le serveur")


def _shake_hands(serveur: Serveur, family: tuple[str, ...]) -> paramiko.Transport:
    """A session whose key exchange is over; nobody has been let in yet."""
    try:
        sock = socket.create_connection((serveur.hote, serveur.port), timeout=serveur.delai)
    except OSError as error:
        where = f"{serveur.hote}:{serveur.port}"
        raise ConnectionLost(f"connexion impossible à {where} ({error.strerror or error})") from error
    # Not ServiceRequestingTransport: it may miss an answer that comes at once, or wait for one without end.
    transport = paramiko.Transport(sock, default_window_size=WINDOW, default_max_packet_size=PACKET)
    options = transport.get_security_options()
    others = tuple(cipher for cipher in options.ciphers if cipher not in _FIRST_CIPHERS)
    options.ciphers = _FIRST_CIPHERS + others
    options.key_types = family
    transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = serveur.delai
    try:
        transport.start_client(timeout=serveur.delai)
    except paramiko.IncompatiblePeer:
        transport.close()
        raise
    except (paramiko.SSHException, EOFError, OSError) as error:
        transport.close()
        raise ConnectionLost(f"pas de session SSH avec {serveur.hote} ({error or 'coupure'})") from error
    return transport


def _any_key(serveur: Serveur) -> str:
    for family in _KEY_FAMILIES:
        with suppress(paramiko.IncompatiblePeer):
            transport = _shake_hands(serveur, family)
            found = fingerprint(transport.get_remote_server_key().asbytes())
            transport.close()
            return found
    return "aucune de type connu"


def _enter(transport: paramiko.Transport, serveur: Serveur, mean: paramiko.PKey | str) -> paramiko.Transport:
    """Be let in by a key or a password. Raises AuthRefused, ConnectionLost."""
    try:
        if isinstance(mean, str):
            transport.auth_password(serveur.utilisateur, mean)
        else:
            transport.auth_publickey(serveur.utilisateur, mean)
    except paramiko.AuthenticationException as error:
        cut = not transport.is_active() or "timeout" in str(error)
        transport.close()
        if cut:
            raise ConnectionLost("connexion coupée pendant l'identification") from error
        told = "par mot de passe" if isinstance(mean, str) else "par clé"
        raise AuthRefused(f"le serveur refuse l'accès à « {serveur.utilisateur} » {told}") from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        transport.close()
        raise ConnectionLost(f"connexion coupée pendant l'identification ({error})") from error
    if not transport.is_authenticated():
        transport.close()
        raise AuthRefused("le serveur demande encore une autre preuve pour laisser entrer")
    transport.set_keepalive(KEEPALIVE)
    return transport


def read_secrets(serveur: Serveur, root: Path) -> list[paramiko.PKey | str]:
    """The private key and the password that the configuration names, as far as it does.

    Raises SecretUnusable.
    """
    means: list[paramiko.PKey | str] = []
    if serveur.cle:
        means.append(_read_key(serveur, root))
    if password := read_secret(serveur.mot_de_passe, root):
        means.append(password)
    return means


def _read_key(serveur: Serveur, root: Path) -> paramiko.PKey:
    try:
        text = (root / serveur.cle).read_text(encoding="ascii", errors="replace")
    except FileNotFoundError as error:
        raise SecretUnusable(f"clé privée « {serveur.cle} » absente") from error
    except OSError as error:
        raise SecretUnusable(f"clé privée « {serveur.cle} » illisible ({error.strerror})") from error
    phrase = read_secret(serveur.phrase, root) or None
    try:
        return _kind_of(text).from_private_key(io.StringIO(text), phrase)
    except (paramiko.SSHException, ValueError, TypeError) as error:
        why = "phrase de passe fausse ou absente, ou autre format"
        raise SecretUnusable(f"clé privée « {serveur.cle} » inutilisable : {why}") from error


def _kind_of(text: str) -> Any:
    """The kind of a private key, from what its file says in clear: trying each costs a second and more."""
    if "BEGIN EC PRIVATE" in text:
        return paramiko.ECDSAKey
    body = "".join(line for line in text.splitlines() if "-----" not in line and ":" not in line)
    blob = b""
    with suppress(binascii.Error):
        blob = base64.b64decode(body)
    if "OPENSSH" in text and b"ssh-ed25519" in blob[:400]:
        return paramiko.Ed25519Key
    if "OPENSSH" in text and b"ecdsa-sha2" in blob[:400]:
        return paramiko.ECDSAKey
    return paramiko.RSAKey


def read_secret(source: str, root: Path) -> str:
    """The secret that ``env:NAME`` or ``fichier:PATH`` names; "" for "". Raises SecretUnusable."""
    kind, _, name = source.partition(":")
    if not source:
        return ""
    if kind == "env":
        if name not in os.environ:
            raise SecretUnusable(f"la variable d'environnement {name} n'existe pas")
        return os.environ[name]
    try:
        return (root / name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretUnusable(f"le fichier secret « {name} » est illisible") from error
