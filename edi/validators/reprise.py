"""An accepted invoice that comes again under its number: what may have changed, and what may not.

*À recycler*: only the destinataire, the service and the engagement. *Suspendue*: only attachments or notes
are added. A redeposit that changes anything else is a doublon of the original, which stays as it is; every
difference is shown. Source: facts §4.3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from edi.model import Card, Facture, Nature, Original, PieceJointe, Place, Reprise, Severity
from edi.validators.doublon import unicity_key
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import day, plain, shown

_FACTURE = "01"  # of an attachment: the invoice itself, which a recyclage prints anew


class Difference(NamedTuple):
    """One thing that is no longer as it was accepted; ``nom`` in French, '' for what is not there."""

    nom: str
    avant: str
    apres: str
    place: Place


# What neither remedy may change: name, place, value.
_VALUES: tuple[tuple[str, str, Callable[[Facture], object]], ...] = (
    ("le type de document", "type", lambda f: f.type),
    ("le cadre de facturation", "cadre", lambda f: f.cadre),
    ("la date", "date", lambda f: f.date),
    ("l'échéance", "echeance", lambda f: f.echeance),
    ("la devise", "devise", lambda f: f.devise),
    ("le fournisseur", "fournisseur", lambda f: f.fournisseur.identifiant.valeur),
    ("le numéro de marché", "marche", lambda f: f.marche),
    ("le mode de paiement", "mode_paiement", lambda f: f.mode_paiement),
    ("le total HT", "ht", lambda f: f.montants.ht),
    ("le total de TVA", "tva", lambda f: f.montants.tva),
    ("le total TTC", "ttc", lambda f: f.montants.ttc),
    ("le net à payer", "net", lambda f: f.montants.net),
    ("l'acompte", "acompte", lambda f: f.montants.acompte),
    ("l'arrondi", "arrondi", lambda f: f.montants.arrondi),
    ("le nombre de lignes", "lignes", lambda f: f.lignes),
)
# What a recyclage may change, and a complément may not.
_ACHEMINEMENT: tuple[tuple[str, str, Callable[[Facture], object]], ...] = (
    ("le destinataire", "destinataire", lambda f: f.destinataire.identifiant.valeur),
    ("le service", "service", lambda f: f.service),
    ("l'engagement", "engagement", lambda f: f.engagement),
)
# Terms that name the destinataire (they follow its SIRET) or an attachment (compared as such).
_FOLLOW = frozenset({"BT-45", "BT-48", "BG-9", "BT-122"})


def reprise_of(original: Original | None) -> Reprise | None:
    """How the accepted invoice may be taken up again; None when it may not, or when there is none."""
    if original is None or original.nature is None:
        return None
    return Reprise(original.nature, original.facture_id)


def differences(nature: Nature, avant: Facture, apres: Facture) -> Iterator[Difference]:
    """All that changed and may not, in the order of the invoice."""
    values = _VALUES if nature is Nature.RECYCLAGE else (*_VALUES, *_ACHEMINEMENT)
    for nom, place, read in values:
        before, after = read(avant), read(apres)
        if before != after:
            yield Difference(nom, _say(before), _say(after), apres.place(place))
    for i, (before, after) in enumerate(zip(avant.tva, apres.tva, strict=False)):
        if before != after:
            yield Difference(
                f"la ligne de TVA n° {i + 1}", _row(before), _row(after), apres.place(f"tva[{i}].montant")
            )
    if len(avant.tva) != len(apres.tva):
        counts = (str(len(avant.tva)), str(len(apres.tva)))
        yield Difference("le nombre de lignes de TVA", *counts, apres.place("tva"))
    for i, (before, after) in enumerate(zip(avant.calculs, apres.calculs, strict=False)):
        if before != after:
            yield Difference(f"la ligne n° {i + 1}", _row(before), _row(after), apres.place(f"ligne[{i}]"))
    yield from _of_termes(avant, apres)
    yield from _of_notes(nature, avant, apres)
    yield from _of_pieces(nature, avant, apres)


def _of_termes(avant: Facture, apres: Facture) -> Iterator[Difference]:
    for bt in sorted({*avant.termes, *apres.termes} - _FOLLOW):
        before, after = avant.termes.get(bt, ()), apres.termes.get(bt, ())
        if before != after:
            yield Difference(f"le terme {bt}", " ; ".join(before), " ; ".join(after), apres.place(f"{bt}[0]"))


def _of_notes(nature: Nature, avant: Facture, apres: Facture) -> Iterator[Difference]:
    missing = Counter(avant.notes) - Counter(apres.notes)
    for note in missing:
        yield Difference("une note", note.texte, "", apres.place("facture"))
    if nature is Nature.RECYCLAGE:
        for note in Counter(apres.notes) - Counter(avant.notes):
            yield Difference("une note", "", note.texte, apres.place("facture"))


def _of_pieces(nature: Nature, avant: Facture, apres: Facture) -> Iterator[Difference]:
    def kept(facture: Facture) -> Counter[tuple[str, str, int]]:
        pieces = facture.pieces_jointes
        return Counter(_piece(p) for p in pieces if nature is Nature.COMPLEMENT or p.type != _FACTURE)

    before, after = kept(avant), kept(apres)
    for nom, _, taille in before - after:
        yield Difference(f"la pièce jointe « {nom} »", f"{taille} octets", "", apres.place("facture"))
    if nature is Nature.RECYCLAGE:
        for nom, _, taille in after - before:
            yield Difference(f"la pièce jointe « {nom} »", "", f"{taille} octets", apres.place("facture"))


def _piece(piece: PieceJointe) -> tuple[str, str, int]:
    return (piece.nom, piece.type, piece.taille)


def adds_something(avant: Facture, apres: Facture) -> bool:
    """Does the redeposit bring an attachment or a note that the accepted invoice had not?"""
    pieces = Counter(map(_piece, apres.pieces_jointes)) - Counter(map(_piece, avant.pieces_jointes))
    return bool(pieces or Counter(apres.notes) - Counter(avant.notes))


def goes_elsewhere(avant: Facture, apres: Facture) -> bool:
    """Does the redeposit name another destinataire, service or engagement?"""
    return any(read(avant) != read(apres) for _, _, read in _ACHEMINEMENT)


def _say(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    return day(value) if isinstance(value, date) else str(value)


def _row(row: tuple[Decimal | None, ...]) -> str:
    return " / ".join(_say(value) or "-" for value in row)


# -- rules ------------------------------------------------------------------------------------------------


def _original(context: Context, nature: Nature) -> Original | None:
    key = unicity_key(context.facture, context.politique)
    if key is None or context.snapshot is None or key in context.anterieures:
        return None
    original = context.snapshot.originaux.get(key)
    return original if original is not None and original.nature is nature else None


def _check_unchanged(nature: Nature) -> Callable[[Context], Iterator[Hit]]:
    def check(context: Context) -> Iterator[Hit]:
        original = _original(context, nature)
        if original is None or original.lue is None:
            return
        for found in differences(nature, original.lue, context.facture):
            words = {
                "numero": shown(context.facture.numero),
                "flux": original.flux,
                "nom": found.nom,
                "avant": _quote(found.avant),
                "apres": _quote(found.apres),
            }
            yield Hit(found.place, shown(found.apres), shown(found.avant), words)

    return check


def _check_changed(nature: Nature) -> Callable[[Context], Iterator[Hit]]:
    changed = goes_elsewhere if nature is Nature.RECYCLAGE else adds_something

    def check(context: Context) -> Iterator[Hit]:
        original = _original(context, nature)
        if original is None or original.lue is None or changed(original.lue, context.facture):
            return
        numero = context.facture.place("numero")
        yield Hit(numero, shown(context.facture.numero), "", {"flux": original.flux})

    return check


def _quote(value: str) -> str:
    return f"« {shown(value)} »" if value else "absent"


_CITATION = "Chorus Pro, recyclage et complément d'une facture ; BR-FR-CO-02"


def _card(code: str, message: str, fix: str) -> Card:
    return Card(code, Severity.ERROR, "DOUBLON", _CITATION, message, fix)


RULES: tuple[Rule, ...] = (
    Rule(
        _card(
            "EDI-REPRISE-01",
            "La facture n° {numero} du flux {flux} est à recycler : seuls le SIRET du destinataire, le "
            "service et l'engagement peuvent changer. Or {nom} était {avant} et devient {apres} : ce dépôt "
            "est refusé, la facture d'origine reste à recycler.",
            "Le fournisseur rétablit ce qui a changé et redépose la facture ; si c'est la facture elle-même "
            "qui est fausse, il émet un avoir puis une nouvelle facture sous un autre numéro.",
        ),
        _check_unchanged(Nature.RECYCLAGE),
    ),
    Rule(
        _card(
            "EDI-REPRISE-02",
            "La facture n° {value} du flux {flux} est à recycler, mais ce dépôt ne change ni le SIRET du "
            "destinataire, ni le service, ni l'engagement.",
            "Le fournisseur demande au destinataire le SIRET, le service ou l'engagement exacts, corrige la "
            "facture sous le même numéro et la redépose.",
        ),
        _check_changed(Nature.RECYCLAGE),
    ),
    Rule(
        _card(
            "EDI-REPRISE-03",
            "La facture n° {numero} du flux {flux} est suspendue : le dépôt qui la complète ajoute une pièce "
            "jointe ou une note, et ne change rien d'autre. Or {nom} était {avant} et devient {apres} : ce "
            "dépôt est refusé, la facture d'origine reste suspendue.",
            "Le fournisseur rétablit ce qui a changé, ajoute les pièces demandées et redépose la facture "
            "sous le même numéro.",
        ),
        _check_unchanged(Nature.COMPLEMENT),
    ),
    Rule(
        _card(
            "EDI-REPRISE-04",
            "La facture n° {value} du flux {flux} est suspendue, mais ce dépôt n'ajoute ni pièce jointe ni "
            "note : il ne la complète pas.",
            "Le fournisseur ajoute ce que le destinataire demande et redépose la facture sous le même "
            "numéro. S'il n'a rien à ajouter, il n'a rien à redéposer.",
        ),
        _check_changed(Nature.COMPLEMENT),
    ),
)
