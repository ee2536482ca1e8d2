"""SFTP servers of partners, over paramiko: list, fetch, put-then-rename.

paramiko speaks SSH; the few requests of SFTP are our own (``wire``), because its client decodes every name as
UTF-8 and gives up a whole folder for one bad byte, and asks for one small file at a time (docs/adr/0016).
"""

from __future__ import annotations

from pathlib import Path

import paramiko

from edi.model import Serveur
from edi.sftp.failures import (
    AuthRefused,
    ConnectionLost,
    ContentRefused,
    HostKeyRefused,
    ProtocolBroken,
    RemoteDenied,
    RemoteFailed,
    RemoteMissing,
    RemoteUnsupported,
    SecretUnusable,
)
from edi.sftp.fetching import Fetch
from edi.sftp.remote import Remote, RemoteEntry, join
from edi.sftp.session import PACKET, WINDOW, open_transport, read_secret, read_secrets

__all__ = [
    "AuthRefused",
    "ConnectionLost",
    "ContentRefused",
    "Fetch",
    "HostKeyRefused",
    "ProtocolBroken",
    "Remote",
    "RemoteDenied",
    "RemoteEntry",
    "RemoteFailed",
    "RemoteMissing",
    "RemoteUnsupported",
    "SecretUnusable",
    "connect",
    "join",
    "read_secret",
    "read_secrets",
]


def connect(serveur: Serveur, root: Path) -> Remote:
    """A server, ready to work; paths of its key and secrets start from ``root``. Raises RemoteFailed."""
    transport = open_transport(serveur, root)
    try:
        channel = transport.open_session(WINDOW, PACKET, timeout=serveur.delai)
        channel.settimeout(serveur.delai)
        channel.invoke_subsystem("sftp")
        return Remote(transport, channel)
    except (paramiko.SSHException, EOFError, OSError) as error:
        transport.close()
        raise ConnectionLost(f"le serveur n'ouvre pas de session SFTP ({error})") from error
    except RemoteFailed:
        transport.close()
        raise
