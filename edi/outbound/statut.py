"""How a flux stands, as its déposant reads it in ``statut/<flux>.json``: values to bytes, nothing else.

Equal values give equal bytes, on any day and any machine. The form is described for déposants in
docs/exploitation/suivre-ses-flux.md; ``VERSION`` grows when a reader would have to change.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from edi.model import FactureDeposee, FactureStatut, Finding, Flux, RepriseFaite
from edi.outbound import phrases
from edi.outbound.suites import Suite, etape_of, motif_of, suite_attente, suite_facture, suite_flux
from edi.store.etats import Etat

VERSION = 1


def file_name(flux: Flux) -> str:
    """Its file in ``statut/``: all deliveries of one flux id share it, one without an id has its own."""
    return f"{flux.idflux or f'flux-{flux.id}'}.json"


def principal(livraisons: Sequence[Etat]) -> Etat:
    """The delivery that counts among those of one flux id, oldest first: accepted, else the last one."""
    accepted = [etat for etat in livraisons if etat.flux.acceptees]
    own = [etat for etat in livraisons if etat.flux.rappel_de is None]
    return (accepted or own[-1:] or [*livraisons])[0]


def write_statut(livraisons: Sequence[Etat], zone: ZoneInfo) -> bytes:
    """The file of one flux id; ``livraisons``: its deliveries, oldest first, at least one."""
    etat = principal(livraisons)
    told = describe(etat, zone)
    told["livraisons"] = [
        {
            "numero": one.flux.id,
            "nom": one.flux.nom,
            "sha256": one.flux.sha256,
            "recu_le": _hour(one.flux.recu_le, zone),
            "statut": one.flux.statut.name,
            "libelle": one.flux.statut.libelle,
            "rappel_de": one.flux.rappel_de,
            "constats": [
                finding_as_told(fichier, f) for facture, fichier, f in one.findings if facture is None
            ],
            "reponses": _reponses(one, zone),
        }
        for one in livraisons
    ]
    return as_json(told)


class Told(list[Any]):
    """A list for JSON whose members are made when they are written, one after the other, each on a line."""

    def __init__(self, make: Callable[[Any], Any], of: Sequence[Any]) -> None:
        super().__init__(of)
        self._make = make

    def __iter__(self) -> Iterator[Any]:
        return map(self._make, super().__iter__())


def as_json(told: Mapping[str, Any]) -> bytes:
    """The bytes of a JSON file for people and programs alike."""
    written = io.BytesIO()
    before = b"{\n "
    for name, value in told.items():
        written.write(before + _encode(name) + b": ")
        if isinstance(value, Told):
            _write_lines(written, value)
        else:
            written.write(_encode(value, 1).replace(b"\n", b"\n "))  # a text of JSON holds no line break
        before = b",\n "
    written.write(b"\n}\n")
    return written.getvalue()  # which copies nothing


def _write_lines(written: io.BytesIO, members: Told) -> None:
    """A list of one line for each member: written at once, they cost a fifth of what they do indented."""
    before = b"[\n  "
    for one in members:
        written.write(before + _encode(one))
        before = b",\n  "
    written.write(b"\n ]" if members else b"[]")


def _encode(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode("utf-8", "backslashreplace")


def describe(etat: Etat, zone: ZoneInfo) -> dict[str, Any]:
    """One delivery: whole lot, totals, invoices, what was found, answers."""
    flux = etat.flux
    suite = suite_flux(flux, [finding for _, _, finding in etat.findings])
    own: dict[int, list[Finding]] = {}
    for facture, _, finding in etat.findings:
        if facture is not None:
            own.setdefault(facture.id, []).append(finding)
    return {
        "version": VERSION,
        "flux": flux.reference,
        "deposant": flux.appli,
        "numero": flux.id,
        "nom": flux.nom,
        "interface": flux.interface,
        "sha256": flux.sha256,
        "taille": flux.taille,
        "recu_le": _hour(flux.recu_le, zone),
        "statut": flux.statut.name,
        "libelle": flux.statut.libelle,
        "depuis": _hour(etat.depuis, zone),
        "definitif": not flux.statut.en_cours,
        **suite_as_told(suite),
        "attente": {"raison": flux.incident, "prochain_essai": _hour(flux.prochain_essai, zone)}
        if flux.statut.en_cours and flux.incident
        else None,
        "totaux": totals(etat),
        "rappel_de": etat.rappel_de and etat.rappel_de.id,
        "reste_de": etat.reste_de and etat.reste_de.reference,
        "restes": [reste.reference for reste in etat.restes],
        "reprises": [_reprise(*one) for one in etat.reprises],
        "factures": Told(lambda one: _facture(etat, one, own.get(one.id, []), zone), etat.factures),
        "constats": [finding_as_told(fichier, f) for facture, fichier, f in etat.findings if facture is None],
        "reponses": _reponses(etat, zone),
    }


def totals(etat: Etat) -> dict[str, int | None]:
    """Received = accepted + rejected + pending; received and pending are None before the lot was counted."""
    flux = etat.flux
    if not flux.statut.en_cours:
        return {
            "recues": flux.acceptees + flux.rejetees,
            "acceptees": flux.acceptees,
            "rejetees": flux.rejetees,
            "en_attente": 0,
        }
    rejetees = sum(facture.statut is FactureStatut.NON_CONFORME for facture in etat.factures)
    acceptees = sum(facture.statut is not None for facture in etat.factures) - rejetees + len(etat.reprises)
    waiting = None if flux.recues is None else flux.recues - acceptees - rejetees
    return {"recues": flux.recues, "acceptees": acceptees, "rejetees": rejetees, "en_attente": waiting}


def _reprise(done: RepriseFaite, facture: FactureDeposee, origine: Flux) -> dict[str, Any]:
    """An invoice of an earlier flux that this one recycles or completes; its life goes on in that one."""
    statut = facture.statut
    return {
        "numero": facture.numero,
        "fichier": done.fichier,
        "nature": done.nature.value,
        "flux_d_origine": origine.reference,
        "ttc": None if facture.ttc is None else format(facture.ttc, "f"),
        "devise": facture.devise,
        "statut": statut.name if statut else "",
        "libelle": statut.libelle if statut else "",
    }


def _facture(
    etat: Etat, facture: FactureDeposee, findings: Sequence[Finding], zone: ZoneInfo
) -> dict[str, Any]:
    statut = facture.statut
    return {
        "numero": facture.numero,
        "date": facture.date and facture.date.isoformat(),
        "fichier": facture.fichier,
        "rang": facture.rang,
        "fournisseur": facture.fournisseur.identifiant.valeur,
        "destinataire": facture.destinataire.identifiant.valeur,
        "service": facture.service,
        "ttc": None if facture.ttc is None else format(facture.ttc, "f"),
        "devise": facture.devise,
        "statut": statut.name if statut else "EN_ATTENTE",
        "id_statut": statut.id_statut if statut else "",
        "libelle": statut.libelle if statut else "En attente de jugement",
        "depuis": _hour(etat.depuis_facture.get(facture.id), zone),
        "acquitte_le": _hour(etat.acquittees.get(facture.id), zone),
        "motif": motif_of(findings),
        "commentaire": phrases.say_words(etat.dits[facture.id], statut) if facture.id in etat.dits else "",
        **suite_as_told(suite_facture(statut, findings) if statut else suite_attente()),
        "constats": [finding_as_told(facture.fichier, finding) for finding in findings],
    }


def suite_as_told(suite: Suite) -> dict[str, Any]:
    """Who says it, at which stage, what next: as every JSON file for déposants tells it."""
    return {
        "dit_par": suite.emetteur,
        "etape": suite.etape,
        "suite": {"acteur": suite.acteur, "action": suite.action},
    }


def finding_as_told(fichier: str, finding: Finding) -> dict[str, Any]:
    """A finding as every JSON file for déposants tells it."""
    return {
        "code": finding.code,
        "gravite": phrases.NATURES[finding.severity],
        "etape": etape_of(finding.code),
        "motif": finding.motif,
        "message": finding.message,
        "fichier": fichier,
        "ou": " ".join(part for part in (finding.term, finding.location) if part),
        "ligne": finding.line,
        "trouve": finding.value,
        "attendu": finding.expected,
        "a_faire": finding.fix,
    }


def _reponses(etat: Etat, zone: ZoneInfo) -> list[dict[str, Any]]:
    return [
        {"nom": emission.nom, "emise_le": _hour(emission.emis_le, zone), "sha256": emission.sha256}
        for emission in etat.reponses
    ]


def _hour(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")
