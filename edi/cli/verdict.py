"""How ``edi check`` shows what it found: JSON for programs, a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edi.cli.affichage import console, print_table
from edi.cli.facture import finding_as_json, fold
from edi.inbound.display import escape_name
from edi.model import FactureJugee, FichierJuge, Finding, LotJuge, Outcome, Severity
from edi.outbound.phrases import count, describe_finding

VERDICTS = {
    Outcome.ACCEPTED: "accepté",
    Outcome.PARTIAL: "accepté en partie",
    Outcome.REJECTED: "rejeté",
    Outcome.IRRECEVABLE: "irrecevable",
    Outcome.UNDECIDED: "non jugé",
}


def _file_findings(nom: str, lot: LotJuge) -> list[Finding]:
    """What is said of the flux and of its files, not of one invoice that could be read and judged.

    A finding of one file of an archive names that file in its location: nothing else of it would.
    """
    said = list(lot.findings)
    for fichier in lot.fichiers:
        found = [*fichier.findings]
        found += [f for j in fichier.factures for f in j.findings if f.severity == Severity.FATAL]
        if fichier.nom != nom:
            found = [replace(f, location=f"{fichier.nom} {f.location}".rstrip()) for f in found]
        said += found
    return list(dict.fromkeys(said))


def verdict_as_json(path: Path, lot: LotJuge, incident: str, skipped: Sequence[str]) -> dict[str, Any]:
    """One file's judgement as ``edi check --json`` shows it; ``incident`` says why there is none."""
    factures = [_facture_as_json(fichier, jugee) for fichier in lot.fichiers for jugee in fichier.factures]
    return {
        "file": str(path),
        "verdict": str(Outcome.UNDECIDED if incident else lot.outcome),
        "incident": incident,
        "skipped": list(skipped),
        "findings": [finding_as_json(f) for f in _file_findings(escape_name(path.name), lot)],
        "factures": factures,
    }


def _facture_as_json(fichier: FichierJuge, jugee: FactureJugee) -> dict[str, Any]:
    return {
        "file": fichier.nom,
        "numero": jugee.facture.numero,
        "fournisseur": jugee.facture.fournisseur.identifiant.valeur,
        "destinataire": jugee.facture.destinataire.identifiant.valeur,
        "verdict": str(jugee.verdict.outcome),
        "packs": [pack._asdict() for pack in jugee.packs],
        "findings": [finding_as_json(f) for f in jugee.findings],
    }


def print_verdict(path: Path, lot: LotJuge, incident: str) -> None:
    """One file's judgement in a few lines and a table."""
    if incident:
        console.print(f"{path} : jugement impossible ({incident})", markup=False, soft_wrap=True)
        return
    counts = f"{count(lot.acceptees, 'facture acceptée', 'factures acceptées')}, "
    counts += count(lot.rejetees, "rejetée", "rejetées")
    console.print(f"{path} : {VERDICTS[lot.outcome]} ({counts})", markup=False, soft_wrap=True)
    lines = [((f.code, f.message), describe_finding("", None, f)) for f in lot.findings]
    for fichier in lot.fichiers:
        lines += [((f.code, f.message), describe_finding(fichier.nom, None, f)) for f in fichier.findings]
        for jugee in fichier.factures:
            numero = jugee.facture.numero
            lines += [
                ((f.code, f.message), describe_finding(fichier.nom, numero, f))
                for f in jugee.findings
                if f not in fichier.findings
            ]
    if lines:
        print_table(("code", "constat", "où et que faire", "fois"), fold(lines))
