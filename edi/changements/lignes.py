"""Lines of two invoices set side by side: by the reference of what is sold, else by its name."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from edi.changements.valeurs import Changement, fold, write, write_price, write_rate
from edi.model import Designation, Facsimile, LigneFacture

_BALISES = r"(?:InvoiceLine|CreditNoteLine|IncludedSupplyChainTradeLineItem)"
_LIGNE = re.compile(rf".*?{_BALISES}(?:\[\d+\])?(?=/|$)")
_ARTICLE = Designation("", "", None, "")


class Ligne(NamedTuple):
    """A line with all that is known of it."""

    rang: int  # from 1
    article: Designation
    calcul: LigneFacture
    chemin: str

    @property
    def cle(self) -> str:
        """What makes it the same article in another invoice."""
        return fold(self.article.reference) or fold(self.article.nom)

    @property
    def nom(self) -> str:
        """How people find it."""
        named = self.article.nom or self.article.reference
        return f" « {named} »" if named else ""


class Champ(NamedTuple):
    """Something that a line says, and how it is called."""

    nom: str
    terme: str
    texte: str


def read_lines(vue: Facsimile) -> list[Ligne]:
    """The lines of an invoice."""
    found = []
    for rank, calcul in enumerate(vue.facture.calculs):
        article = vue.designations[rank] if rank < len(vue.designations) else _ARTICLE
        where = _LIGNE.match(vue.facture.place(f"ligne[{rank}]").path)
        found.append(Ligne(rank + 1, article, calcul, where[0] if where else ""))
    return found


def compare_lines(avant: Facsimile, apres: Facsimile) -> Iterator[Changement]:
    """Lines that came, went, or changed; those that nothing names are taken in their order."""
    known: dict[str, deque[Ligne]] = defaultdict(deque)
    before, after = read_lines(avant), read_lines(apres)
    for one in before:
        known[one.cle].append(one)
    added: list[Ligne] = []
    for one in after:
        if known[one.cle]:
            yield from _compare(known[one.cle].popleft(), one)
        else:
            added.append(one)
    gone = sorted((one for rest in known.values() for one in rest), key=lambda one: one.rang)
    if added and len(added) == len(after) and len(gone) == len(before):
        yield Changement("Lignes, aucune en commun", _name(gone), _name(added), ("BG-25",))
        return
    for one in added:
        yield Changement(f"Ligne ajoutée{one.nom}", "", _sum_up(one), ("BG-25",), one.chemin)
    for one in gone:
        yield Changement(f"Ligne retirée{one.nom}", _sum_up(one), "", ("BG-25",))


def _name(lines: list[Ligne]) -> str:
    names = ", ".join(one.article.nom or one.article.reference or "sans désignation" for one in lines[:3])
    return f"{names}…" if len(lines) > 3 else names


def _compare(was: Ligne, now: Ligne) -> Iterator[Changement]:
    for before, after in zip(_fields(was), _fields(now), strict=True):
        if before.texte != after.texte:
            sujet = f"Ligne {now.rang}{now.nom} : {after.nom}"
            yield Changement(sujet, before.texte, after.texte, (after.terme,), now.chemin)


def _fields(one: Ligne) -> tuple[Champ, ...]:
    calcul = one.calcul
    par = f" pour {write(calcul.par)}" if calcul.par != 1 else ""
    return (
        Champ("taux de TVA", "BT-152", write_rate(one.article.taux)),
        Champ("prix HT", "BT-146", f"{write_price(calcul.prix)}{par}" if calcul.prix is not None else ""),
        Champ("unité", "BT-130", one.article.unite),
        Champ("remises", "BG-27", write_price(calcul.remises) if calcul.remises else ""),
        Champ("quantité", "BT-129", write(calcul.quantite)),
    )


def _sum_up(one: Ligne) -> str:
    """``3 × 651,58``, or its amount."""
    quantity, price = one.calcul.quantite, one.calcul.prix
    if isinstance(quantity, Decimal) and isinstance(price, Decimal):
        return f"{write(quantity)} × {write_price(price)}"
    return write_price(one.calcul.montant)
