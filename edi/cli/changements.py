"""``edi facture show --changements``: what changes since the accepted invoice before it."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection

from edi.changements.comparaison import Comparaison, compare
from edi.changements.valeurs import Changement
from edi.cli.affichage import console, print_table
from edi.cli.espace import Espace
from edi.facsimile import make_facsimile
from edi.model import TOUT
from edi.relecture import Relecture
from edi.store.fiches import Fiche
from edi.store.precedentes import Precedente, last_accepted
from edi.validators.scenarios import INTERFACES


class Depuis(NamedTuple):
    """The accepted invoice before another, and what changed; None: the bytes of one of them are gone."""

    precedente: Precedente
    comparaison: Comparaison | None


def read_changes(conn: Connection, espace: Espace, fiche: Fiche) -> Depuis | None:
    """An invoice compared with the accepted one before it; None: there is none."""
    last = last_accepted(conn, TOUT, fiche.facture)
    if last is None:
        return None
    relecture = Relecture(espace.spool, INTERFACES, espace.settings.as_limites())
    before, after = (make_facsimile(conn, relecture, one) for one in (last.facture, fiche.facture))
    if before is None or after is None:
        return Depuis(last, None)
    return Depuis(last, compare(before, after, fiche.findings))


def changes_as_json(depuis: Depuis | None, fiche: Fiche) -> dict[str, Any] | None:
    """The same for machines."""
    if depuis is None:
        return None
    last, done = depuis
    return {
        "facture": last.facture.numero,
        "flux_id": last.facture.flux_id,
        "date": last.facture.date,
        "meme_destinataire": last.meme_destinataire,
        "changements": None if done is None else [_as_json(one, fiche) for one in done.changements],
        "chiffres": None if done is None else [_as_json(one, fiche) for one in done.chiffres],
    }


def _as_json(one: Changement, fiche: Fiche) -> dict[str, Any]:
    return {
        "sujet": one.sujet,
        "avant": one.avant,
        "apres": one.apres,
        "termes": list(one.termes),
        "constats": _codes(one, fiche),
    }


def _codes(one: Changement, fiche: Fiche) -> list[str]:
    return [fiche.findings[number - 1].code for number in one.constats]


def print_changes(depuis: Depuis | None, fiche: Fiche) -> None:
    """What changed, most telling first; figures below."""
    if depuis is None:
        console.print("Aucune facture acceptée récemment du même fournisseur : rien à quoi la comparer.")
        return
    last, done = depuis
    to = (
        "au même destinataire"
        if last.meme_destinataire
        else f"à {last.facture.destinataire.nom or last.facture.destinataire.identifiant}, faute d'une pour "
        "ce destinataire"
    )
    le = f" du {last.facture.date:%d/%m/%Y}" if last.facture.date else ""
    titre = f"Ce qui change depuis {last.facture.numero}{le}, la dernière acceptée du même fournisseur {to}"
    if done is None:
        console.print(f"{titre} : les octets de l'une des deux ne se relisent plus.", markup=False)
        return
    rows = [
        (one.sujet, one.avant or "absent", one.apres or "absent", ", ".join(_codes(one, fiche)))
        for one in done.changements
    ]
    if rows:
        print_table(("quoi", "avant", "maintenant", "en cause"), rows, titre)
    else:
        console.print(f"{titre} : rien, hors son numéro, ses dates et ses montants.", markup=False)
    figures = "  ·  ".join(f"{one.sujet} : {one.avant} → {one.apres}" for one in done.chiffres)
    if figures:
        console.print(figures, markup=False)
