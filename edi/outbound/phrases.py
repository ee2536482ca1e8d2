"""The sentences of return flows: what an accountant reads. Pure; French."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from edi.model import FactureStatut, Fait, Finding, Flux, FluxStatut, Severity
from edi.outbound.suites import say, suite_facture, suite_flux

NATURES = {
    Severity.WARNING: "Avertissement",
    Severity.HOLD: "En attente",
    Severity.ERROR: "Fonctionnelle",
    Severity.FATAL: "Technique",
}

SEPARATION = " | "  # between two reasons of one statut, in a sentence
PAR_DEFAUT = "Motif codé choisi par la plateforme : le destinataire n'en a pas donné de connu."


def say_words(fait: Fait, statut: FactureStatut | None) -> str:
    """What a destinataire wrote with a statut, in one line of reasons; '' when it wrote nothing."""
    complement = "" if fait.cdv or (statut and fait.complement == statut.court) else fait.complement
    mandat = f"Mandat de paiement n° {fait.mandat}." if fait.mandat else ""
    return SEPARATION.join(filter(None, (complement, fait.motif, mandat)))


def describe_finding(fichier: str, numero: str | None, finding: Finding) -> str:
    """Where it is, what was found, what was expected, what to do and who does it."""
    where = []
    if fichier:
        where.append(f"fichier « {fichier} »")
    if numero:
        where.append(f"facture n° {numero}")
    if finding.term:
        where.append(finding.term)
    if finding.location:
        where.append(finding.location)
    if finding.line is not None:
        where.append(f"ligne {finding.line}")
    parts = []
    if where:
        parts.append(f"Où : {', '.join(where)}.")
    if finding.value:
        parts.append(f"Trouvé : « {finding.value} ».")
    if finding.expected:
        parts.append(f"Attendu : {finding.expected}.")
    if finding.fix:
        parts.append(f"À faire : {finding.fix}")
    if finding.motif:
        parts.append(f"Motif : {finding.motif}.")
    return " ".join(parts)


def count(number: int, singular: str, plural: str) -> str:
    """``count(1, "facture", "factures")`` -> "1 facture"; French: zero is singular."""
    return f"{number} {singular if number < 2 else plural}"


def balance(flux: Flux) -> str:
    """The balance of a lot in words."""
    received = count(flux.acceptees + flux.rejetees, "facture reçue", "factures reçues")
    accepted = count(flux.acceptees, "acceptée", "acceptées")
    return f"{received} : {accepted}, {count(flux.rejetees, 'rejetée', 'rejetées')}."


def comment_flux(flux: Flux, findings: Sequence[Finding] = ()) -> str:
    """What became of a decided flux, who says it, and who does what next; ``findings``: all found in it."""
    if flux.nature in _LIGNES:
        return comment_lignes(flux)
    suite = say(suite_flux(flux, findings))
    if flux.statut is FluxStatut.INTEGRE:
        return f"{balance(flux)} Chaque facture est mise à disposition de son destinataire. {suite}"
    if flux.statut is FluxStatut.INTEGRE_PARTIEL:
        return f"{balance(flux)} {suite}"
    if flux.statut is FluxStatut.REJETE:
        return f"{balance(flux)} Aucune facture n'a été transmise. {suite}"
    return f"Flux irrecevable : aucune facture n'a été transmise. {suite}"


# What a flux that brings no invoices is made of, and who sends it.
_LIGNES = {"statuts": ("statut", "le destinataire"), "acquittements": ("acquittement", "l'émetteur")}


def comment_lignes(flux: Flux) -> str:
    """What became of the statuts that a destinataire sent, or of what a déposant acknowledges."""
    ligne, qui = _LIGNES[flux.nature]
    if flux.statut is FluxStatut.IRRECEVABLE:
        return (
            f"Flux irrecevable : aucun {ligne} n'a été pris en compte. À faire par {qui} : corriger d'après "
            "les lignes ci-dessous et émettre le flux de nouveau."
        )
    received = count(flux.acceptees + flux.rejetees, f"{ligne} reçu", f"{ligne}s reçus")
    taken = count(flux.acceptees, "pris en compte", "pris en compte")
    told = f"{received} : {taken}, {count(flux.rejetees, 'refusé', 'refusés')}."
    if not flux.rejetees:
        return f"{told} Rien à faire."
    return (
        f"{told} À faire par {qui} : corriger les seuls {ligne}s refusés, d'après les lignes ci-dessous, et "
        "les émettre dans un nouveau flux."
    )


def comment_reminder(first: Flux, findings: Sequence[Finding], first_report: str, recu_le: datetime) -> str:
    """Said above the first answer when a flux is delivered again."""
    return (
        f"Rappel : ce flux avait déjà été déposé le {recu_le:%d/%m/%Y} à {recu_le:%H:%M} et la réponse avait "
        f"été donnée par le compte rendu {first_report}, répété ici sans changement. Rien n'a été traité de "
        f"nouveau. {comment_flux(first, findings)}"
    )


def comment_replay(codes: list[str]) -> str:
    """Why an invoice that was rejected is accepted after all; '' when it never was."""
    if not codes:
        return ""
    return (
        f"Rejugée : ce qui l'avait fait rejeter ({', '.join(codes)}) n'a plus lieu. Rien à faire : ne "
        "déposez pas de nouveau cette facture."
    )


def comment_replayed(first: Flux, first_report: str, le: datetime) -> str:
    """Why a reminder does not say what the first report said: some of it was accepted since."""
    return (
        f"Rappel : ce flux avait déjà été déposé et le compte rendu {first_report} l'avait refusé, en tout "
        f"ou en partie. Le {le:%d/%m/%Y à %H:%M}, des factures rejugées ont été acceptées : leur cycle de "
        f"vie le dit. {balance(first)} Rien n'a été traité de nouveau."
    )


def comment_facture(statut: FactureStatut, findings: Sequence[Finding], reference: str) -> str:
    """Who says a statut of an invoice, and what next; why, when it was rejected at deposit: each sentence."""
    suite = say(suite_facture(statut, findings))
    blocking = [f for f in findings if f.severity >= Severity.ERROR]
    if statut is not FactureStatut.NON_CONFORME or not blocking:
        return suite
    told = " | ".join(f"{f.code} : {f.message}" for f in blocking)
    return f"{told} {suite} Détail dans le compte rendu d'intégration du flux {reference}."
