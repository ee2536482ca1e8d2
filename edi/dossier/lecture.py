"""What the database knows of one flux, as values that a program reads; masked where asked."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from edi.masque.phrases import Clair
from edi.model import Emission, FactureDeposee, Finding, Flux
from edi.store import emissions, envois, factures, gels, livraisons, oublis, packs, passages_flux, vies

_MOTIF = re.compile(r"[A-Z][A-Z0-9_]*")


class Lecture(NamedTuple):
    """All that was read, not masked."""

    flux: Flux
    deposees: tuple[FactureDeposee, ...]
    findings: list[tuple[FactureDeposee | None, str, Finding]]
    histoires: dict[int, list[vies.Passage]]
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
        {ident: vies.history(conn, ident) for ident in ids},
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


def _passage(passage: vies.Passage, voile: Clair) -> dict[str, Any]:
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
