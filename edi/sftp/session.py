"""One SSH session: the host key is pinned, the means of entry are those of the configuration and no other.

No agent, no known_hosts of the user, no looking for keys. Before the host key has been compared with the
pinned one, nothing of ours is sent but the key exchange. Secrets are read when used and kept nowhere.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

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
PACKET = 1 << 18  # bytes of one SSH packet: eight times the default, an eighth of the work
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
    secrets = _read_secrets(serveur, root)
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
            return _enter(transport, serveur, *secrets)
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
            transport.close()
            return fingerprint(transport.get_remote_server_key().asbytes())
    return "aucune de type connu"


def _enter(
    transport: paramiko.Transport, serveur: Serveur, key: paramiko.PKey | None, password: str
) -> paramiko.Transport:
    means = [word for word, given in (("clé", key), ("mot de passe", password)) if given]
    try:
        if key is not None:
            with suppress(*((paramiko.AuthenticationException,) if password else ())):
                transport.auth_publickey(serveur.utilisateur, key)
        if password and not transport.is_authenticated():
            transport.auth_password(serveur.utilisateur, password)
    except paramiko.AuthenticationException as error:
        transport.close()
        told = " et ".join(means)
        raise AuthRefused(f"le serveur refuse l'accès à « {serveur.utilisateur} » par {told}") from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        transport.close()
        raise ConnectionLost(f"connexion coupée pendant l'identification ({error})") from error
    if not transport.is_authenticated():
        transport.close()
        raise AuthRefused(f"le serveur demande plus que « {' et '.join(means)} » pour laisser entrer")
    transport.set_keepalive(KEEPALIVE)
    return transport


def _read_secrets(serveur: Serveur, root: Path) -> tuple[paramiko.PKey | None, str]:
    """The private key and the password that the configuration names. Raises SecretUnusable."""
    password = read_secret(serveur.mot_de_passe, root)
    if not serveur.cle:
        if not password:
            raise SecretUnusable("ni clé ni mot de passe n'est configuré pour ce serveur")
        return None, password
    path = root / serveur.cle
    try:
        key = paramiko.PKey.from_path(path, (read_secret(serveur.phrase, root) or None))
    except OSError as error:
        raise SecretUnusable(f"clé privée « {serveur.cle} » illisible ({error.strerror})") from error
    # cryptography says TypeError for a passphrase that is missing or too much, ValueError for a wrong one.
    except (paramiko.SSHException, ValueError, TypeError, paramiko.pkey.UnknownKeyType) as error:
        why = "phrase de passe fausse ou absente, ou autre format"
        raise SecretUnusable(f"clé privée « {serveur.cle} » inutilisable : {why}") from error
    return key, password


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
