"""The answer to a file of ``test/``: the judgement of a lot, for programs and for people. Pure; French."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from edi.model import Attente, FactureJugee, FactureStatut, FichierJuge, Finding, LotJuge, Outcome
from edi.outbound import phrases
from edi.outbound.statut import as_json, finding_as_told, suite_as_told
from edi.outbound.suites import suite_attente, suite_facture

SANS_EFFET = "Essai sans effet juridique : rien n'est déposé, aucun identifiant ni numéro n'est réservé."

VERDICTS = {
    Outcome.ACCEPTED: "serait accepté",
    Outcome.PARTIAL: "serait accepté en partie",
    Outcome.REJECTED: "serait rejeté",
    Outcome.IRRECEVABLE: "serait irrecevable",
    Outcome.UNDECIDED: "serait mis en attente",
}
_FACTURE = {Outcome.ACCEPTED: "acceptée", Outcome.REJECTED: "rejetée", Outcome.UNDECIDED: "en attente"}


class Reponse(NamedTuple):
    """The two files that answer one tested file."""

    json: bytes
    txt: bytes


def write_essai(nom: str, lot: LotJuge, at: datetime, *, failed: bool = False) -> Reponse:
    """What a deposit of that lot would have been told at that instant; ``failed``: we could not judge it."""
    if failed:
        why = "Le jugement a échoué de notre côté : déposez le fichier de nouveau dans test, plus tard."
        return _short(nom, at, "jugement impossible", why)
    totaux = {
        "recues": lot.acceptees + lot.rejetees + lot.en_attente,
        "acceptees": lot.acceptees,
        "rejetees": lot.rejetees,
        "en_attente": lot.en_attente,
    }
    told = {
        **_head(nom, at, VERDICTS[lot.outcome]),
        "totaux": totaux,
        "factures": [_facture(fichier, jugee) for fichier in lot.fichiers for jugee in fichier.factures],
        "constats": [
            *(finding_as_told("", finding) for finding in lot.findings),
            *(finding_as_told(fichier.nom, f) for fichier in lot.fichiers for f in fichier.findings),
        ],
    }
    counts = (
        f"{phrases.count(totaux['recues'], 'facture lue', 'factures lues')} : "
        f"{phrases.count(lot.acceptees, 'acceptée', 'acceptées')}, "
        f"{phrases.count(lot.rejetees, 'rejetée', 'rejetées')}, {lot.en_attente} en attente."
    )
    return Reponse(as_json(told), _text(nom, at, VERDICTS[lot.outcome], [counts, *_lines(lot)]))


def write_incomplet(nom: str, attend: Attente, at: datetime) -> Reponse:
    """Why a file of ``test/`` that no longer changes is not judged yet."""
    why = f"Le fichier n'est pas complet : {attend.libelle}. Il sera jugé dès qu'il le sera."
    return _short(nom, at, "pas encore jugé", why)


def write_comparaison(nom: str, at: datetime, told: Mapping[str, Any], refus: str = "") -> Reponse:
    """The answer to a contre-relevé: each difference; ``refus`` says why there was nothing to compare."""
    if refus:
        return _short(nom, at, "contre-relevé illisible", refus)
    ecarts = told["ecarts"]
    verdict = phrases.count(len(ecarts), "écart", "écarts") if ecarts else "aucun écart"
    lines = [
        f"{ecart['nature']} : facture {ecart['facture']}"
        + (f", flux {ecart['flux']}" if ecart["flux"] else "")
        + f".\n  Chez vous : {ecart['chez_vous'] or '-'}. Chez nous : {ecart['chez_nous'] or '-'}."
        for ecart in ecarts
    ]
    counts = f"{told['lignes']} lignes comparées à {told['recues']} factures reçues."
    return Reponse(as_json({**_head(nom, at, verdict), **told}), _text(nom, at, verdict, [counts, *lines]))


def _short(nom: str, at: datetime, verdict: str, why: str) -> Reponse:
    told = {**_head(nom, at, verdict), "raison": why}
    return Reponse(as_json(told), _text(nom, at, verdict, [why]))


def _head(nom: str, at: datetime, verdict: str) -> dict[str, Any]:
    return {
        "version": 1,
        "essai": nom,
        "avertissement": SANS_EFFET,
        "juge_le": at.isoformat(timespec="seconds"),
        "verdict": verdict,
    }


def _facture(fichier: FichierJuge, jugee: FactureJugee) -> dict[str, Any]:
    return {
        "numero": jugee.facture.numero,
        "fichier": fichier.nom,
        "rang": jugee.facture.rang,
        "verdict": _FACTURE[jugee.verdict.outcome],
        **suite_as_told(
            suite_attente()
            if jugee.verdict.outcome is Outcome.UNDECIDED
            else suite_facture(
                FactureStatut.DEPOSEE if jugee.verdict.accepted else FactureStatut.NON_CONFORME,
                jugee.findings,
            )
        ),
        "constats": [finding_as_told(fichier.nom, finding) for finding in jugee.findings],
    }


def _lines(lot: LotJuge) -> Iterator[str]:
    """One paragraph for each finding, each sentence once."""
    seen: set[tuple[str, str]] = set()
    for fichier, numero, finding in _told(lot):
        where = phrases.describe_finding(fichier, numero, finding)
        if (finding.code, where) not in seen:
            seen.add((finding.code, where))
            nature = phrases.NATURES[finding.severity]
            yield f"{finding.code} ({nature}) : {finding.message}\n  {where}"


def _told(lot: LotJuge) -> Iterator[tuple[str, str | None, Finding]]:
    for finding in lot.findings:
        yield "", None, finding
    for fichier in lot.fichiers:
        for finding in fichier.findings:
            yield fichier.nom, None, finding
        for jugee in fichier.factures:
            for finding in jugee.findings:
                if finding not in fichier.findings:
                    yield fichier.nom, jugee.facture.numero, finding


def _text(nom: str, at: datetime, verdict: str, paragraphs: Sequence[str]) -> bytes:
    head = f"Essai de « {nom} », le {at:%d/%m/%Y à %H:%M:%S} : {verdict}.\n{SANS_EFFET}"
    return ("\n\n".join([head, *paragraphs]) + "\n").encode("utf-8", "backslashreplace")
