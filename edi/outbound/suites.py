"""Who says a statut, at which stage, who acts next and what is to be done: one table, pure; French.

Return flows, ``statut/*.json``, ``edi flux show`` and ``edi facture show`` all read it here. A motif that
asks for another next step than its statut alone has a row of its own. Sources: facts of the cycle de vie
§1-§2 (reasons), of Chorus Pro §4 (statuts); the stages are ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from edi.model import ErrorClass, FactureStatut, Fait, Finding, Flux, FluxStatut, Severity

TRANSPORT, FORMAT, REGLES, REGISTRE, DESTINATAIRE = (
    "transport",
    "format",
    "règles",
    "registre",
    "destinataire",
)

PLATEFORME, EMETTEUR, ORDONNATEUR, COMPTABLE, EXPLOITANT, PERSONNE = (
    "la plateforme",
    "l'émetteur",
    "l'ordonnateur du destinataire",
    "le comptable du destinataire",
    "l'exploitant de la plateforme",
    "personne",
)

# Subject of one of our codes -> stage at which it is said. Any other code, official ones included: rules.
ETAPES = {
    **dict.fromkeys(("RECEPTION", "ENV", "ARCHIVE", "FICHIER", "ANTIVIRUS"), TRANSPORT),
    **dict.fromkeys(("XML", "FORMAT", "PDF", "XSD"), FORMAT),
    **dict.fromkeys(
        ("ANNUAIRE", "FOURN", "MANDAT", "DEST", "SERVICE", "ENGAGEMENT", "DOUBLON", "REPRISE"), REGISTRE
    ),
}


class Suite(NamedTuple):
    """What a statut means for whoever reads it."""

    emetteur: str  # who says it
    etape: str  # at which stage
    acteur: str  # who acts next
    action: str  # what is to be done, without a full stop


_RIEN = "rien à faire"

_FACTURE = {
    FactureStatut.DEPOSEE: Suite(
        PLATEFORME, TRANSPORT, PLATEFORME, "acheminer la facture vers son destinataire"
    ),
    FactureStatut.EN_COURS_ACHEMINEMENT: Suite(
        PLATEFORME, TRANSPORT, PLATEFORME, "remettre la facture à son destinataire"
    ),
    FactureStatut.MISE_A_DISPOSITION: Suite(PLATEFORME, DESTINATAIRE, ORDONNATEUR, "traiter la facture"),
    FactureStatut.A_RECYCLER: Suite(
        ORDONNATEUR,
        DESTINATAIRE,
        EMETTEUR,
        "corriger le SIRET, le service ou l'engagement et redéposer la facture sous le même numéro",
    ),
    FactureStatut.REJETEE: Suite(
        ORDONNATEUR,
        DESTINATAIRE,
        EMETTEUR,
        "déposer s'il y a lieu une nouvelle facture, sous un nouveau numéro",
    ),
    FactureStatut.SUSPENDUE: Suite(
        ORDONNATEUR, DESTINATAIRE, EMETTEUR, "compléter la facture : pièce jointe ou commentaire demandés"
    ),
    FactureStatut.COMPLETEE: Suite(
        EMETTEUR, DESTINATAIRE, ORDONNATEUR, "reprendre le traitement de la facture"
    ),
    FactureStatut.SERVICE_FAIT: Suite(ORDONNATEUR, DESTINATAIRE, ORDONNATEUR, "mandater la facture"),
    FactureStatut.MANDATEE: Suite(
        ORDONNATEUR, DESTINATAIRE, COMPTABLE, "contrôler et comptabiliser la facture"
    ),
    FactureStatut.MISE_A_DISPOSITION_COMPTABLE: Suite(
        ORDONNATEUR, DESTINATAIRE, COMPTABLE, "contrôler et comptabiliser la facture"
    ),
    FactureStatut.COMPTABILISEE: Suite(COMPTABLE, DESTINATAIRE, COMPTABLE, "mettre la facture en paiement"),
    FactureStatut.MISE_EN_PAIEMENT: Suite(COMPTABLE, DESTINATAIRE, PERSONNE, _RIEN),
    FactureStatut.NON_CONFORME: Suite(
        PLATEFORME, REGLES, EMETTEUR, "corriger la facture et la redéposer dans un nouveau flux"
    ),
}

# A motif that asks for another next step than its statut alone: (acteur, action).
_PAR_MOTIF = {
    (FactureStatut.NON_CONFORME, "DOUBLON"): (
        EMETTEUR,
        "ne rien redéposer si c'est la même facture, l'originale reste valable ; sinon lui donner un autre "
        "numéro",
    ),
    (FactureStatut.NON_CONFORME, "DEST_INC"): (
        EMETTEUR,
        "demander au destinataire son SIRET, corriger la facture et la redéposer dans un nouveau flux",
    ),
    (FactureStatut.NON_CONFORME, "REJ_CONT_B2G"): (
        EMETTEUR,
        "demander au destinataire ce qu'il exige (service, engagement), corriger la facture et la redéposer "
        "dans un nouveau flux",
    ),
    (FactureStatut.NON_CONFORME, "IRR_ANTIVIRUS"): (
        EMETTEUR,
        "nettoyer le poste d'où vient le fichier, le produire de nouveau et le redéposer",
    ),
}

# A rejection at deposit that asks for another next step than its motif: by its code.
_PAR_CODE = {
    "EDI-DOUBLON-03": (
        EMETTEUR,
        "corriger la facture d'après le motif du rejet, lui donner un nouveau numéro et la déposer",
    ),
}

_FLUX = {
    FluxStatut.RECU: (PLATEFORME, "juger le flux"),
    FluxStatut.EN_COURS: (PLATEFORME, "juger le flux"),
    FluxStatut.EN_ATTENTE: (PLATEFORME, "juger le flux de nouveau ; ne pas le redéposer"),
    FluxStatut.INTEGRE: (PERSONNE, _RIEN),
    FluxStatut.INTEGRE_PARTIEL: (
        EMETTEUR,
        "corriger les seules factures rejetées et les déposer dans un nouveau flux ; ne pas redéposer les "
        "factures acceptées",
    ),
    FluxStatut.REJETE: (EMETTEUR, "corriger les factures d'après leurs constats et les déposer de nouveau"),
    FluxStatut.IRRECEVABLE: (
        EMETTEUR,
        "corriger d'après les constats et déposer le flux de nouveau ; son identifiant peut resservir s'il "
        "n'a pas déjà été utilisé par un flux accepté",
    ),
    FluxStatut.RAPPEL: (PERSONNE, _RIEN),
}


_RELANCE = (EXPLOITANT, "examiner le flux et le relancer ; l'émetteur n'a rien à faire")


def etape_of(code: str) -> str:
    """The stage at which a finding of that code is said."""
    parts = code.split("-")
    return ETAPES.get(parts[1], REGLES) if parts[0] == "EDI" and len(parts) > 1 else REGLES


def motif_of(findings: Iterable[Finding]) -> str:
    """The motif of the worst finding, the first one of them; '' when nothing blocks."""
    worst = _worst(findings)
    return worst.motif if worst else ""


def suite_facture(statut: FactureStatut, findings: Iterable[Finding] = (), motif: str = "") -> Suite:
    """Who says a statut of an invoice, and what next; ``motif`` is the destinataire's own."""
    suite = _FACTURE[statut]
    worst = _worst(findings) if statut is FactureStatut.NON_CONFORME else None
    if worst is not None:
        suite, motif = suite._replace(etape=etape_of(worst.code)), worst.motif
    acteur, action = _PAR_MOTIF.get((statut, motif), (suite.acteur, suite.action))
    if worst is not None:
        acteur, action = _PAR_CODE.get(worst.code, (acteur, action))
    return suite._replace(acteur=acteur, action=action)


def suite_deposee(
    statut: FactureStatut | None, findings: Iterable[Finding], flux: Flux | None = None
) -> Suite:
    """The same of an invoice that may not be judged yet; ``flux``: the one that brought it."""
    if statut is not None:
        return suite_facture(statut, findings)
    held = next((one for one in findings if one.severity is Severity.HOLD), None)
    suite = suite_attente()._replace(etape=etape_of(held.code) if held else REGISTRE)
    if flux is None or flux.statut is not FluxStatut.EN_ATTENTE or flux.prochain_essai is not None:
        return suite
    acteur, action = _RELANCE
    return suite._replace(acteur=acteur, action=action)


def who_said(statut: FactureStatut, fait: Fait) -> str:
    """Who took a statut: one of us, or a destinataire by its SIRET."""
    return f"{suite_facture(statut).emetteur}{f' ({fait.producteur})' if fait.producteur else ''}"


def why_said(statut: FactureStatut, fait: Fait, findings: Iterable[Finding]) -> str:
    """The motif of a statut; of a rejection at deposit, that of what was found."""
    return fait.motif or (motif_of(findings) if statut is FactureStatut.NON_CONFORME else "")


def suite_attente() -> Suite:
    """What is said of an invoice that cannot be judged yet."""
    return Suite(PLATEFORME, REGISTRE, PLATEFORME, "juger la facture de nouveau ; ne pas la redéposer")


def suite_flux(flux: Flux, findings: Iterable[Finding] = ()) -> Suite:
    """Who says the statut of a flux, and what next; ``findings``: all that was found in it."""
    acteur, action = _FLUX[flux.statut]
    if flux.statut is FluxStatut.EN_ATTENTE and flux.prochain_essai is None:
        acteur, action = _RELANCE
    elif flux.statut is FluxStatut.EN_ATTENTE and flux.classe is ErrorClass.OPERATOR:  # and has an end
        acteur, action = EXPLOITANT, "lever la retenue, qui finit d'elle-même ; ne pas redéposer le flux"
    worst = _worst(findings)
    if flux.statut is FluxStatut.INTEGRE:
        etape = DESTINATAIRE
    elif worst is not None:
        etape = etape_of(worst.code)
    else:
        etape = TRANSPORT if flux.statut is FluxStatut.RECU else REGLES
    return Suite(PLATEFORME, etape, acteur, action)


def say(suite: Suite) -> str:
    """The whole of it in one line: « Dit par … (étape : …). Suite : …, par …. »"""
    said = f"Dit par {suite.emetteur} (étape : {suite.etape})."
    if suite.acteur == PERSONNE:
        return f"{said} Suite : {suite.action}."
    return f"{said} Suite, par {suite.acteur} : {suite.action}."


def _worst(findings: Iterable[Finding]) -> Finding | None:
    blocking = [finding for finding in findings if finding.severity >= Severity.ERROR]
    return max(blocking, key=lambda finding: finding.severity, default=None)
