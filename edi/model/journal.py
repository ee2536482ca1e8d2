"""The journal: what it tells, and how its rows hang together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, NamedTuple

NAVETTE = "navette"  # who acts when nobody does


class GenreEcriture(Enum):
    """What a row of the journal tells, as French screens say it."""

    OUVERTURE = "ouverture du journal"
    RECEPTION = "réception"  # the bytes of a flux
    PACKS = "jeux de règles"  # a set of packs that verdicts are made under, the first time
    FLUX = "statut de flux"
    CONTROLE = "verdict de flux"
    VERDICT = "verdict de facture"
    FACTURE = "statut de facture"
    REPONSE = "réponse réservée"
    DEPART = "réponse partie"
    LIVRAISON = "réponse livrée"
    ENVOI = "envoi sur serveur"
    PRISE = "prise sur serveur"
    REPRISE = "reprise de facture"
    ACQUITTEMENT = "acquittement"
    MANDAT = "mandat"
    IMPORT = "import d'annuaire"
    ACTE = "acte"  # of an operator, or of Navette, that no table keeps
    RACINE = "racine du jour"


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)


def canonical(value: Any) -> str:
    """The one text of a JSON value: keys sorted, no blanks, ASCII."""
    return _ENCODER.encode(value)


def write_instant(at: datetime) -> str:
    """An instant as the store keeps it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


class Ligne(NamedTuple):
    """What one row tells, before it has its place in the journal."""

    genre: GenreEcriture
    sujet: str  # a flux, an invoice, a return flow... by the name that people know it by
    contenu: Mapping[str, Any]
    le: datetime | None = None  # None: when the transaction that tells it does
    flux_id: int | None = None
    fait_id: int | None = None  # the row of the table that keeps what is told; None: no table does
    par: str = ""  # who acted; '': nobody did, or the table does not keep it


@dataclass(frozen=True, slots=True)
class Racine:
    """What is left of a day that has ended, to be kept elsewhere: whoever has it can prove all before it."""

    jour: date
    premier: int  # the rows of the day; none when ``dernier`` is before it
    dernier: int
    empreinte: str  # of the last row up to then
    precedente: str  # the root of the day before; '' for the first
    reperes: Mapping[str, int]  # by genre, the last id of what it tells

    @property
    def racine(self) -> str:
        """The root: what a single line can keep of the journal up to that day."""
        told = [self.jour.isoformat(), self.premier, self.dernier, self.empreinte, self.precedente]
        return hashlib.sha256(canonical([*told, self.reperes]).encode()).hexdigest()

    def as_contenu(self) -> dict[str, Any]:
        """Its row in the journal, and its file."""
        told = {"jour": self.jour.isoformat(), "premier": self.premier, "dernier": self.dernier}
        told |= {"empreinte": self.empreinte, "precedente": self.precedente, "racine": self.racine}
        return {**told, "reperes": dict(sorted(self.reperes.items()))}

    def as_file(self) -> bytes:
        """The bytes of its file: the same for ever."""
        return (json.dumps(self.as_contenu(), indent=2) + "\n").encode()


def read_racine(text: str | bytes) -> Racine:
    """A root as its row or its file tells it. Raises ValueError when it is none, or not true to itself."""
    try:
        told = json.loads(text)
        if not (isinstance(told["premier"], int) and isinstance(told["dernier"], int)):
            raise ValueError("rows have numbers")
        values = {name: told[name] for name in ("premier", "dernier", "empreinte", "precedente", "reperes")}
        racine = Racine(jour=date.fromisoformat(told["jour"]), **values)
        if racine.racine == told["racine"]:
            return racine
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a root") from error
    raise ValueError("the root does not fit what it is the root of")


@dataclass(frozen=True, slots=True)
class Ecriture:
    """A row of the journal as it lies in the database: nothing in it is believed."""

    numero: int
    le: str
    genre: str
    flux_id: int | None
    fait_id: int | None
    sujet: str
    contenu: str
    par: str
    precedente: str
    empreinte: str

    def digest(self) -> str:
        """What its own hash must be."""
        told = (self.numero, self.le, self.genre, self.flux_id, self.fait_id)
        text = canonical([*told, self.sujet, self.contenu, self.par, self.precedente])
        return hashlib.sha256(text.encode()).hexdigest()
