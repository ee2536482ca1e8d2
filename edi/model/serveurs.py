"""The servers of partners: how they are reached, what is taken there, what is put there."""

from __future__ import annotations

import base64
import binascii
import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from edi.model.registre import Emission, Flux


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is done for one partner on one server. Remote folders are text of the configuration."""

    appli: str  # a déposant's code, or that of a destinataire that is connected
    entree: str = ""  # folder its flux_list are taken from; "": none is taken
    noms: tuple[str, ...] = ("*",)  # patterns of names; plain names where the server cannot list
    apres: str = "laisser"  # or "deplacer", "supprimer": what becomes of a file once it is recorded
    deplacer_vers: str = ""
    manifeste: str = ""  # suffix of the file that bears the sha256 of another; "": there is none
    sortie: str = ""  # folder its return flows, or its invoices, are put into; "": none is put
    statut: str = ""  # folder its statut/<flux>.json are put into; "": none is put
    out_local: bool = True  # return flows go into the local out/ too


@dataclass(frozen=True, slots=True)
class Serveur:
    """An SFTP server. Secrets are named by their source (``env:NAME``, ``fichier:PATH``), never held."""

    nom: str
    hote: str
    utilisateur: str
    port: int = 22
    empreinte: str = ""  # "SHA256:..." or "ssh-ed25519 AAAA..."; "": every key is unknown
    cle: str = ""  # path of a private key
    phrase: str = ""  # source of its passphrase
    mot_de_passe: str = ""  # source of a password; "": passwords are never tried
    intervalle: float = 60.0  # seconds between two calls
    delai: float = 30.0  # seconds without an answer before a connection counts as lost
    connexions: int = 2  # at once, when there is much to fetch
    observations: int = 2  # identical looks before a remote file counts as still
    pas: float = 2.0  # seconds between two looks, by our own clock
    renommage: bool = True  # the server can rename
    liste: bool = True  # the server can list
    dossiers: tuple[Dossier, ...] = field(default=())

    @property
    def served(self) -> tuple[str, ...]:
        """The partners whose return flows are put there."""
        return tuple(dossier.appli for dossier in self.dossiers if dossier.sortie)

    @property
    def told(self) -> tuple[str, ...]:
        """The déposants whose statuts are put there."""
        return tuple(dossier.appli for dossier in self.dossiers if dossier.statut)


@dataclass(frozen=True, slots=True)
class Releve:
    """A remote file that was taken: what it was there, and the ticket it became here."""

    id: int
    serveur: str
    appli: str
    dossier: str
    nom: str
    taille: int  # bytes
    mtime: int  # seconds, by the server's clock; compared with itself only
    sha256: str  # that its manifest says, and that it has; "" without a manifest: the store hashes it
    ticket: str
    pris_le: datetime
    apres: str  # "laisser", "deplacer", "supprimer"
    apres_le: datetime | None  # None: the after-action is still to be done


@dataclass(frozen=True, slots=True)
class Livraison:
    """A return flow that still has to be put on its déposant's server, or was."""

    emission: Emission
    livre_le: datetime | None
    serveur: str  # where it was put
    essais: int  # tries begun; after the first, the outcome of the last may be unknown
    prochain_essai: datetime | None
    incident: str
    redemandee_le: datetime | None = None  # it lies there, and an operator has it put once more

    @property
    def due(self) -> bool:
        """Whether it is still to be put there, or to be put once more."""
        return self.livre_le is None or self.redemandee_le is not None


class NatureEnvoi(Enum):
    """What is put on the server of a déposant besides its return flows."""

    RESTE = "reste"  # the archive of what is to be mended, into its ``sortie``, once
    STATUT = "statut"  # how a flux stands, into its ``statut``, whenever it changes


@dataclass(frozen=True, slots=True)
class Envoi:
    """A file about a flux that still has to be put on its déposant's server, or was: no return flow."""

    flux: Flux
    nature: NatureEnvoi
    revision: int  # of what it tells: what changes meanwhile is put again
    livre_le: datetime | None
    serveur: str  # where it was put
    essais: int  # tries begun since it last changed
    prochain_essai: datetime | None
    incident: str


@dataclass(frozen=True, slots=True)
class Canal:
    """How a server's channel stands."""

    serveur: str
    arrete: bool = False  # an operator must act: it is not called any more
    incident: str = ""  # what went wrong last, for operators
    empreinte: str = ""  # what was pinned when it stopped: another pin opens it again
    reussi_le: datetime | None = None
    essais: int = 0  # failures in a row
    prochain_essai: datetime | None = None


def fingerprint(key: bytes) -> str:
    """``SHA256:...`` of a public key, as OpenSSH shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def pinned(empreinte: str) -> str:
    """The fingerprint that a configuration pins: given as such, or as the whole key; "" when there is none.

    Raises ValueError for what is neither.
    """
    words = empreinte.split()
    if not words:
        return ""
    if len(words) == 1 and words[0].startswith("SHA256:") and len(words[0].rstrip("=")) == 50:
        return words[0].rstrip("=")
    if len(words) >= 2:
        with suppress(binascii.Error):
            key = base64.b64decode(words[1], validate=True)
            if key[4 : 4 + int.from_bytes(key[:4], "big")] == words[0].encode():
                return fingerprint(key)
    raise ValueError(empreinte)
