"""What the database and the journal know of one flux, as values that a program reads; masked where asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from edi.espace import Espace
from edi.masque.phrases import Clair
from edi.model import Emission, FactureDeposee, Finding, Flux
from edi.store import emissions, envois, factures, gels, livraisons, oublis, packs, passages_flux

_MOTIF = re.compile(r"[A-Z][A-Z0-9_]*")


class Evenement(NamedTuple):
    """One thing that happened to the flux."""

    le: datetime
    quoi: str  # in French


class Lecture(NamedTuple):
    """All that was read, not masked."""

    flux: Flux
    deposees: tuple[FactureDeposee, ...]
    findings: list[tuple[FactureDeposee | None, str, Finding]]
    histoires: dict[int, list[factures.Passage]]
    packs: dict[int, Any]
    emissions: tuple[Emission, ...]
    livraisons: dict[int, Any]
    envois: tuple[Any, ...]
    statuts: list[tuple[str, str, datetime, str]]
    oubli: oublis.Oubli | None
    gel: gels.Gel | None


def read_all(conn: Connection, flux: Flux) -> Lecture:
    """Everything that the database knows of a flux."""
    deposees = factures.of_flux(conn, flux.id)
    ids = [one.id for one in deposees]
    return Lecture(
        flux,
        deposees,
        factures.findings_of(conn, flux.id),
        {ident: factures.history(conn, ident) for ident in ids},
        dict(packs.sets_of_factures(conn, ids)),
        emissions.of_flux(conn, flux.id),
        livraisons.of_flux(conn, flux.id),
        envois.of_flux(conn, flux.id),
        passages_flux.of_flux(conn, flux.id),
        oublis.of_flux(conn, flux.id, flux.sha256),
        gels.of_flux(conn, flux.id),
    )


def tell_flux(lu: Lecture, voile: Clair) -> dict[str, Any]:
    """The flux itself."""
    told = asdict(lu.flux)
    told |= {"nom": voile.nom(lu.flux.nom), "incident": voile.phrase(lu.flux.incident)}
    told |= {"statut": lu.flux.statut.name, "classe": lu.flux.classe.name if lu.flux.classe else ""}
    del told["proprietaire"]  # a machine and a process of ours
    told["oublie"] = lu.oubli and {"le": lu.oubli.le, "regle": lu.oubli.regle}
    told["gel"] = lu.gel and {"le": lu.gel.le, "raison": voile.value(lu.gel.raison)}
    return told


def tell_factures(lu: Lecture, voile: Clair) -> list[dict[str, Any]]:
    """Its invoices, their statuts, the rules that judged them."""
    return [
        {
            "numero": voile.value(one.numero),
            "fichier": voile.nom(one.fichier),
            "rang": one.rang,
            "type": one.type,
            "date": one.date,
            "fournisseur": _party(one.fournisseur, voile),
            "destinataire": _party(one.destinataire, voile),
            "service": voile.value(one.service),
            "engagement": voile.value(one.engagement),
            "marche": voile.value(one.marche),
            "devise": one.devise,
            "ttc": None if one.ttc is None else voile.amount(format(one.ttc, "f")),
            "origine": voile.value(one.origine),
            "statut": one.statut.name if one.statut else "",
            "statuts": [_passage(passage, voile) for passage in lu.histoires[one.id]],
            "packs": [pack._asdict() for pack in lu.packs.get(one.id, ())],
        }
        for one in lu.deposees
    ]


def _party(partie: Any, voile: Clair) -> dict[str, str]:
    return {
        "type": partie.identifiant.type,
        "identifiant": voile.value(partie.identifiant.valeur),
        "nom": voile.value(partie.nom),
        "pays": partie.pays,
    }


def _passage(passage: factures.Passage, voile: Clair) -> dict[str, Any]:
    fait = passage.fait
    motif = fait.motif if _MOTIF.fullmatch(fait.motif) else voile.value(fait.motif)
    return {
        "statut": passage.statut.name,
        "le": passage.le,
        "dit_par": list(passage.dit_par),
        "motif": motif,
        "complement": voile.value(fait.complement),
        "mandat": voile.value(fait.mandat),
        "producteur": voile.value(fait.producteur),
    }


def tell_findings(lu: Lecture, voile: Clair) -> list[dict[str, Any]]:
    """What was found, in the order of the flux."""
    return [_finding(*found, voile) for found in lu.findings]


def _finding(facture: FactureDeposee | None, fichier: str, finding: Finding, voile: Clair) -> dict[str, Any]:
    # The values first: what is masked there is then known in the sentences that quote it.
    told = {
        "facture": voile.value(facture.numero) if facture else "",
        "fichier": voile.nom(fichier),
        "value": _found(finding.value, voile),
        "expected": _found(finding.expected, voile),
    }
    return {
        "code": finding.code,
        "severity": finding.severity.name,
        **told,
        "message": voile.phrase(finding.message),
        "fix": voile.phrase(finding.fix),
        "location": finding.location,
        "line": finding.line,
        "term": finding.term,
        "motif": finding.motif,
        "source": finding.source,
    }


def _found(value: str, voile: Clair) -> str:
    """What stood in the document, or should have: an amount, or any other value; codes stay."""
    if re.fullmatch(r"[A-Z0-9]{0,3}|\d{4}-\d{2}-\d{2}", value):
        return value
    return voile.amount(value) if re.fullmatch(r"[+-]?\d+[.,]\d+", value) else voile.value(value)


def tell_answers(lu: Lecture, voile: Clair) -> list[dict[str, Any]]:
    """Its return flows and what was put on servers, with each try that came to nothing."""
    told = []
    for one in lu.emissions:
        livraison = lu.livraisons.get(one.id)
        told.append(
            {
                "nom": one.nom,
                "cree_le": one.cree_le,
                "emis_le": one.emis_le,
                "sha256": one.sha256,
                "accuse": one.accuse,
                "livraison": livraison and _delivery(livraison, voile),
            }
        )
    return told + [{"envoi": one.nature.value, "livraison": _delivery(one, voile)} for one in lu.envois]


def _delivery(one: Any, voile: Clair) -> dict[str, Any]:
    return {
        "livre_le": one.livre_le,
        "essais": one.essais,
        "prochain_essai": one.prochain_essai,
        "incident": voile.phrase(one.incident),
    }


# -- the journal, and all of it in order ------------------------------------------------------------------


def read_journal(espace: Espace, lu: Lecture, voile: Clair) -> list[dict[str, Any]]:
    """The lines of ``logs/edi.jsonl`` that speak of the flux, without the paths of this machine."""
    path = espace.root / "logs" / "edi.jsonl"
    if not path.is_file():
        return []
    noms = {lu.flux.ticket, lu.flux.nom, lu.flux.reference, *(one.nom for one in lu.emissions)} - {""}
    found = []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            told = _parse(line)
            mine = told.get("flux") == lu.flux.id or any(told.get(key) in noms for key in _KEYS)
            if mine:
                found.append({key: _clean(key, value, espace.root, voile) for key, value in told.items()})
    return found


_TOLD = ("event", "level", "timestamp", "exception")
_KEYS = ("ticket", "nom", "emission", "subject", "reference")
_PLAIN = ("event", "level", "timestamp", "ticket", "appli", "emission", "classe")


def _parse(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _clean(key: str, value: Any, root: Path, voile: Clair) -> Any:
    if not isinstance(value, str) or key in _PLAIN:
        return value
    return without_paths(voile.nom(value) if key == "nom" else voile.phrase(value), root)


def without_paths(text: str, root: Path) -> str:
    """A text without the places of this machine."""
    for place in {str(root.resolve()), str(root)} - {"."}:
        text = text.replace(place, "<espace>")
    return re.sub(r"File \"[^\"]*?/((?:edi|site-packages)/[^\"]+|[^/\"]+)\"", r'File "\1"', text)


def tell_timeline(lu: Lecture, journal: list[dict[str, Any]], voile: Clair) -> str:
    """What happened, in order, one line each, in UTC."""
    lines = sorted({*_events(lu, voile), *(_event_of(line) for line in journal if "timestamp" in line)})
    return "".join(f"{le:%Y-%m-%d %H:%M:%S} {quoi}\n" for le, quoi in lines)


def _event_of(line: dict[str, Any]) -> Evenement:
    rest = {
        key: value for key, value in line.items() if key not in ("event", "level", "timestamp", "exception")
    }
    words = " ".join(f"{key}={value}" for key, value in sorted(rest.items()))
    return Evenement(datetime.fromisoformat(line["timestamp"]), f"journal {line['event']} {words}")


def _events(lu: Lecture, voile: Clair) -> Iterator[Evenement]:
    yield Evenement(lu.flux.recu_le, f"reçu {voile.nom(lu.flux.nom)} ({lu.flux.taille} octets)")
    for avant, apres, le, motif in lu.statuts:
        told = f" : {voile.phrase(motif)}" if motif else ""
        yield Evenement(le, f"flux {avant or '(nouveau)'} -> {apres}{told}")
    for one in lu.deposees:
        for passage in lu.histoires[one.id]:
            yield Evenement(passage.le, f"facture {voile.value(one.numero)} -> {passage.statut.name}")
    for emission in lu.emissions:
        yield Evenement(emission.cree_le, f"réponse {emission.nom} décidée")
        if emission.emis_le:
            yield Evenement(emission.emis_le, f"réponse {emission.nom} émise")
    if lu.oubli:
        yield Evenement(lu.oubli.le, "original oublié")
