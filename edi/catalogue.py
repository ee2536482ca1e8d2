"""Every finding that the product can emit, as a list to search and as the page ``docs/regles.md``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from string import Formatter

from edi import antivirus, disjoncteur
from edi.cdv import cards as cdv
from edi.engine import MOTEUR
from edi.inbound import cards as inbound
from edi.model import Card, Severity
from edi.validators import cards as technical
from edi.validators import schema
from edi.validators.catalogue import RULE_CARDS
from edi.validators.schematron import runner

GRAVITES = {
    Severity.WARNING: "avertissement",
    Severity.HOLD: "mise en attente",
    Severity.ERROR: "rejet de la facture",
    Severity.FATAL: "irrecevabilité",
}

# Subject of the code -> title, in the order of the life of a flux.
FAMILLES = {
    "RECEPTION": "Réception du dépôt",
    "ENV": "Enveloppe et nom du flux",
    "ARCHIVE": "Archive",
    "FICHIER": "Fichiers de l'archive",
    "XML": "Lecture du XML",
    "FORMAT": "Format du document",
    "PDF": "PDF de Factur-X",
    "XSD": "Schéma du document",
    "NUMERO": "Numéro de la facture",
    "TYPE": "Type de document",
    "CADRE": "Cadre de facturation",
    "DATE": "Date de la facture",
    "DEVISE": "Devise",
    "SIRET": "SIRET et SIREN",
    "MONTANT": "Montants",
    "LIGNE": "Lignes",
    "REF": "Longueur des références",
    "PJ": "Pièces jointes",
    "ANNUAIRE": "Annuaire",
    "FOURN": "Fournisseur",
    "MANDAT": "Mandat de facturation",
    "DEST": "Destinataire",
    "SERVICE": "Service du destinataire",
    "ENGAGEMENT": "Engagement",
    "DOUBLON": "Doublons",
    "REPRISE": "Facture redéposée pour être recyclée ou complétée",
    "ECHEANCE": "Échéance",
    "PARTIES": "Fournisseur et destinataire",
    "TVA": "Numéros de TVA",
    "PAIEMENT": "Mode de paiement",
    "IBAN": "Compte à créditer",
    "SIGNATURE": "Signatures",
    "PROFIL": "Profil de la réforme",
    "NOTE": "Mentions obligatoires",
    "CPRO": "Règles de Chorus Pro envers les entités publiques",
    "REGLES": "Règles officielles qui ne peuvent pas être évaluées",
    "ANTIVIRUS": "Antivirus",
    "LOT": "Lot entier",
    "CDV": "Messages de cycle de vie de la réforme (CDAR)",
    "STATUT": "Statuts que donnent les destinataires",
    "ACQUIT": "Acquittements des déposants",
    "DISJONCTEUR": "Règle mise en doute, le temps d'être vérifiée",
    "MOTEUR": "Pannes du contrôle",
}


def subject(code: str) -> str:
    """``MANDAT`` for ``EDI-MANDAT-01``."""
    return code.split("-")[1]


def _rank(card: Card) -> tuple[int, str]:
    return list(FAMILLES).index(subject(card.code)), card.code


CARDS: tuple[Card, ...] = tuple(
    sorted(
        (
            *inbound.CARDS,
            *technical.CARDS,
            *technical.PDF_CARDS,
            *schema.CARDS,
            *RULE_CARDS,
            *runner.CARDS,
            *antivirus.CARDS,
            *cdv.CARDS,
            *disjoncteur.CARDS,
            MOTEUR,
        ),
        key=_rank,
    )
)


def find_card(code: str) -> Card | None:
    """The card of a code, in either case; None when no finding bears it."""
    return next((card for card in CARDS if card.code == code.strip().upper()), None)


def sentence(template: str) -> str:
    """A template as a reader sees it before it is filled: each run of words to come is one ellipsis."""
    told = "".join(
        text + ("…" if field is not None else "") for text, field, _, _ in Formatter().parse(template)
    )
    return re.sub(r"…(?: ?…)*\.?", "…", told)


def _table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns are aligned in the source; the first row is its head."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def render_markdown() -> str:
    """The text of ``docs/regles.md``; the same cards always give the same bytes."""
    parts = [
        "# Règles de contrôle",
        "Cette page est produite par `edi rules doc` ; ne pas la modifier à la main. « … » tient la place "
        "d'une valeur lue dans le flux ou dans l'annuaire. Un code n'est jamais renuméroté.",
    ]
    head = ("Code", "Gravité", "Motif", "Message", "Que faire", "Source")
    for family, cards in groupby(CARDS, key=lambda card: subject(card.code)):
        rows = [
            (
                card.code,
                GRAVITES[card.severity],
                card.motif or "-",
                sentence(card.message),
                sentence(card.fix),
                card.citation,
            )
            for card in cards
        ]
        parts += [f"## {FAMILLES[family]}", _table([head, *rows])]
    return "\n\n".join(parts) + "\n"
