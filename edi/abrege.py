"""What a lot keeps of each invoice once its document was judged, and how large documents are handed on.

A lot may hold as many invoices as its déposant likes, and all of them are decided at once: what is kept of
one is kept of all. So a worker gives back what the registry, the decision and its answers ask for, and the
coordinator keeps equal values once. Whoever compares whole invoices reads them again (:func:`read_whole`).
A large document lies in a file meanwhile: its bytes are not copied from one process to another.
"""

from __future__ import annotations

import tempfile
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from edi.document import open_document
from edi.judge import READERS, Demande, judge_whole
from edi.model import AVOIRS, Facture, FactureJugee, FichierJuge, Finding, Identifiant, Partie

HEAVY = 4 * 1024**2  # bytes from which on a document goes to a worker whatever it is, and is read there

_PLACES = ("facture", "fournisseur", "destinataire", "service", "engagement", "numero")
_SHARED = ("type", "cadre", "date", "devise", "service", "marche", "mode_paiement", "profil", "echeance")
_ORIGINE = "BT-25"  # the invoice that an avoir corrects
_NOTHING: Mapping[str, Any] = {}

T = TypeVar("T", bound=Hashable)


def judge_briefly(nom: str, data: bytes, demande: Demande) -> FichierJuge:
    """The judgement of one file, its signatures included, in short. Raises as edi.judge.judge does."""
    return abridge(judge_whole(nom, data, demande))


def judge_file(nom: str, path: str, demande: Demande) -> FichierJuge:
    """The same of a file that lies on this machine."""
    return judge_briefly(nom, Path(path).read_bytes(), demande)


def read_whole(data: bytes, demande: Demande) -> tuple[Facture, ...]:
    """The invoices of a document that was judged already, as they were read then."""
    document = open_document(data, demande.interface, demande.limites.fichier)
    return READERS[document.scenario.lecteur](document.tree, demande.limites.piece_jointe, None)


def abridge(fichier: FichierJuge) -> FichierJuge:
    """The same file without the lines, notes, terms and places of its invoices that nobody asks for later."""
    factures = (replace(jugee, facture=_shorten(jugee.facture)) for jugee in fichier.factures)
    return replace(fichier, factures=tuple(factures))


def _shorten(facture: Facture) -> Facture:
    return replace(facture, **_left_of(facture))


def _left_of(facture: Facture) -> dict[str, Any]:
    """The fields of an invoice of which little or nothing is left; the same again for one in short."""
    origine = facture.termes.get(_ORIGINE) if facture.type in AVOIRS else None
    places = facture.places
    return {
        "tva": (),
        "calculs": (),
        "notes": (),
        "identifiants": _NOTHING,
        "termes": {_ORIGINE: origine} if origine else _NOTHING,
        "places": {name: places[name] for name in _PLACES if name in places},
    }


@dataclass(frozen=True, slots=True)
class Partage:
    """The files of one lot, in short, in which what is equal is one object."""

    _seen: dict[tuple[type, Hashable], Hashable] = field(default_factory=dict)

    def share(self, fichier: FichierJuge) -> FichierJuge:
        """One file more, in short."""
        return replace(
            fichier,
            interface=self._same(fichier.interface),
            scenario=self._same(fichier.scenario),
            factures=tuple(map(self._jugee, fichier.factures)),
            findings=tuple(map(self._finding, fichier.findings)),
            executions=self._same(fichier.executions),
        )

    def _jugee(self, jugee: FactureJugee) -> FactureJugee:
        facture, same = jugee.facture, self._same
        left = _left_of(facture)
        left["places"] = {name: same(place) for name, place in left["places"].items()}
        shared = replace(
            facture,
            **left,
            **{name: same(getattr(facture, name)) for name in _SHARED},
            fournisseur=self._partie(facture.fournisseur),
            destinataire=self._partie(facture.destinataire),
            pieces_jointes=same(facture.pieces_jointes),
        )
        findings = tuple(map(self._finding, jugee.findings))
        return replace(jugee, facture=shared, findings=findings, packs=same(jugee.packs))

    def _partie(self, partie: Partie) -> Partie:
        return self._same(
            Partie(
                self._same(Identifiant(*map(self._same, partie.identifiant))),
                self._same(partie.nom),
                self._same(partie.pays),
            )
        )

    def _finding(self, found: Finding) -> Finding:
        """A sentence is long, and the same for many."""
        same = self._same
        return replace(found, message=same(found.message), fix=same(found.fix), term=same(found.term))

    def _same(self, value: T) -> T:
        """By its type too: a note and a number may be equal as tuples. Not for amounts: 1.0 is not 1.00."""
        return self._seen.setdefault((type(value), value), value)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Aside:
    """The large documents of one lot, each in a file while it is judged."""

    folder: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="edi-")
    )
    _lying: dict[str, Path] = field(default_factory=dict)

    def put(self, nom: str, data: bytes) -> str:
        """Where the bytes of a document lie from now on. Raises OSError."""
        path = self._lying[nom] = Path(self.folder.name) / str(len(self._lying))
        path.write_bytes(data)
        return str(path)

    def drop(self, nom: str) -> None:
        """Let go of them."""
        if nom in self._lying:
            self._lying[nom].unlink(missing_ok=True)
