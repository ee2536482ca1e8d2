"""Filters as they are written in an address: read leniently, told back when they mean nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from edi.model import FluxStatut
from edi.store import causes
from edi.store.recherches import Filtre


class Demande(NamedTuple):
    """What was asked for: as it was written, as it is understood, and what was not."""

    ecrit: Mapping[str, str]
    statuts: tuple[str, ...]
    filtre: Filtre
    refus: tuple[str, ...]  # French sentences

    @property
    def adresse(self) -> dict[str, object]:
        """The same as parameters of an address, without the place in the list."""
        return {**self.ecrit, "statut": list(self.statuts)}

    @property
    def est_vide(self) -> bool:
        return not self.statuts and not any(self.ecrit.values())


_CLES = ("cherche", "deposant", "interface", "code", "du", "au")
_LONG = 200  # characters that anybody looks for


def read_filtre(params: QueryParams, zone: ZoneInfo) -> Demande:
    """The filter of a list of flux; days are those of the zone, both included."""
    said = {key: params.get(key, "").strip()[:_LONG] for key in _CLES}
    names = tuple(name for name in params.getlist("statut") if name)
    refusals = [f"« {name} » n'est pas un statut" for name in names if name not in FluxStatut.__members__]
    known = tuple(name for name in names if name in FluxStatut.__members__)
    first, last = read_day(said["du"], refusals), read_day(said["au"], refusals)
    if first and last and last < first:
        refusals.append("« au » est avant « du » : rien ne peut être trouvé")
    return Demande(
        said,
        known,
        Filtre(
            appli=said["deposant"].upper(),
            statuts=tuple(FluxStatut[name] for name in known),
            interface=said["interface"].upper(),
            code=said["code"],
            depuis=datetime.combine(first, time.min, zone) if first else None,
            avant=datetime.combine(last + timedelta(days=1), time.min, zone) if last else None,
            texte=said["cherche"],
        ),
        tuple(refusals),
    )


FENETRE = 30  # days of rejections that are looked at when nothing is said, as on the first page
_DEBUT = "~"  # begins a signature in an address: an empty one is one too


class DemandeRejets(NamedTuple):
    """Which rejections were asked for: as it was written, as it is understood, and what was not."""

    deposant: str
    depuis: date
    filtre: causes.Filtre
    refus: tuple[str, ...]

    @property
    def adresse(self) -> dict[str, object]:
        """The same as parameters of an address."""
        return {"deposant": self.deposant, "depuis": self.depuis.isoformat()}

    @property
    def adresse_groupe(self) -> dict[str, object]:
        """The same with what names a group within a code."""
        signature = write_signature(self.filtre.signature)
        return {**self.adresse, "signature": signature, "fournisseur": self.filtre.fournisseur}


def write_signature(signature: str | None) -> str:
    """A signature as a parameter of an address."""
    return "" if signature is None else _DEBUT + signature


def read_rejets(params: Mapping[str, str], zone: ZoneInfo, today: date, code: str = "") -> DemandeRejets:
    """The filter of the rejections; without a day, those of the last thirty."""
    said = {key: str(params.get(key, "")).strip()[:_LONG] for key in ("deposant", "depuis", *_GROUPE)}
    refusals: list[str] = []
    first = read_day(said["depuis"], refusals) or today - timedelta(days=FENETRE - 1)
    deposant, signature = said["deposant"].upper(), said["signature"]
    filtre = causes.Filtre(
        datetime.combine(first, time.min, zone),
        deposant,
        code or said["code"],
        signature.removeprefix(_DEBUT) if signature.startswith(_DEBUT) else None,
        said["fournisseur"],
    )
    return DemandeRejets(deposant, first, filtre, tuple(refusals))


_GROUPE = ("code", "signature", "fournisseur")


def read_day(text: str, refusals: list[str]) -> date | None:
    """A day as browsers write it, or as people do: 2026-11-26, 26/11/2026."""
    if not text:
        return None
    day, _, rest = text.partition("/")
    month, _, year = rest.partition("/")
    try:
        found = date.fromisoformat(f"{year}-{month:0>2}-{day:0>2}" if year else text)
    except ValueError:
        found = date.min
    if found.year >= 2000:
        return found
    refusals.append(f"« {text} » n'est pas une date : 26/11/2026")
    return None
