"""What two invoices say beside their lines: where they go, who sells, how they are paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from edi.changements.valeurs import Changement, fold, write_rate
from edi.model import AVOIRS, Facture, Partie


class Rubrique(NamedTuple):
    """Something that an invoice says, and where it stands."""

    sujet: str
    termes: tuple[str, ...]
    lit: Callable[[Facture], str]
    place: str


def _terme(sujet: str, bt: str) -> Rubrique:
    return Rubrique(sujet, (bt,), lambda one: ", ".join(one.termes.get(bt, ())), f"{bt}[0]")


def _identify(partie: Partie) -> str:
    return str(partie.identifiant) if partie.identifiant.valeur else ""


def _kind(one: Facture) -> str:
    return f"{one.type} ({'avoir' if one.type in AVOIRS else 'facture'})" if one.type else ""


def _wait_of(one: Facture) -> str:
    if one.echeance is None or one.date is None:
        return ""
    days = (one.echeance - one.date).days
    return f"{days} jour{'s' if abs(days) > 1 else ''}"


def _rates(one: Facture) -> str:
    rates = sorted({row.taux for row in one.tva if row.taux is not None}, reverse=True)
    return ", ".join(write_rate(rate) for rate in rates)


def _pieces(one: Facture) -> str:
    kinds = Counter("facture" if piece.type == "01" else "complément" for piece in one.pieces_jointes)
    return ", ".join(f"{many} {kind}{'s' if many > 1 else ''}" for kind, many in sorted(kinds.items()))


RUBRIQUES = (  # most telling first
    Rubrique("Destinataire", ("BT-46", "BT-47"), lambda one: _identify(one.destinataire), "destinataire"),
    Rubrique("Code service", ("BT-10",), lambda one: one.service, "service"),
    Rubrique("Numéro d'engagement", ("BT-13",), lambda one: one.engagement, "engagement"),
    Rubrique("Numéro de marché", ("BT-12",), lambda one: one.marche, "marche"),
    Rubrique("Fournisseur", ("BT-29", "BT-30"), lambda one: _identify(one.fournisseur), "fournisseur"),
    Rubrique("Cadre de facturation", ("BT-23",), lambda one: one.cadre, "cadre"),
    Rubrique("Type de document", ("BT-3",), _kind, "type"),
    Rubrique("Devise", ("BT-5",), lambda one: one.devise, "devise"),
    _terme("Compte à créditer", "BT-84"),
    _terme("Bénéficiaire du paiement", "BT-59"),
    Rubrique("Taux de TVA", ("BT-119", "BT-118", "BG-23"), _rates, "tva[0].taux"),
    _terme("Numéro de TVA du fournisseur", "BT-31"),
    _terme("Numéro de TVA du destinataire", "BT-48"),
    Rubrique("Mode de paiement", ("BT-81",), lambda one: one.mode_paiement, "mode_paiement"),
    _terme("Conditions de paiement", "BT-20"),
    Rubrique("Délai de paiement", ("BT-9",), _wait_of, "echeance"),
    Rubrique("Pièces jointes", ("BG-24", "BT-122", "BT-125"), _pieces, "pj[0]"),
    Rubrique("Raison sociale du fournisseur", ("BT-27",), lambda one: one.fournisseur.nom, "fournisseur_nom"),
    Rubrique("Nom du destinataire", ("BT-44",), lambda one: one.destinataire.nom, "destinataire_nom"),
    Rubrique("Pays du fournisseur", ("BT-40",), lambda one: one.fournisseur.pays, "fournisseur_pays"),
    _terme("Nom commercial du fournisseur", "BT-28"),
    _terme("Adresse du fournisseur", "BT-35"),
    _terme("Ville du fournisseur", "BT-37"),
    _terme("Nom commercial du destinataire", "BT-45"),
    _terme("Lieu de livraison", "BT-71"),
    Rubrique("Profil", ("BT-24",), lambda one: one.profil, "profil"),
)


def compare_headers(avant: Facture, apres: Facture) -> Iterator[Changement]:
    """What they do not say alike, but for what each has of its own: number, dates, amounts."""
    for one in RUBRIQUES:
        before, after = one.lit(avant), one.lit(apres)
        if fold(before) != fold(after):
            place = apres.place(one.place).path or apres.place(one.termes[0]).path
            yield Changement(one.sujet, before, after, one.termes, place)
    yield from _compare_notes(avant, apres)


def _compare_notes(avant: Facture, apres: Facture) -> Iterator[Changement]:
    """The notes that bear a subject code: the law asks for some of them."""
    before, after = ({n.code: n.texte for n in one.notes if n.code} for one in (avant, apres))
    places = {note.code: apres.place(f"note[{rank}]").path for rank, note in enumerate(apres.notes)}
    for code in sorted(before.keys() | after.keys()):
        was, now = before.get(code, ""), after.get(code, "")
        if fold(was) != fold(now):
            yield Changement(f"Note {code}", was, now, ("BG-1", "BT-21", "BT-22"), places.get(code, ""))
