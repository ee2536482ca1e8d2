"""Whom somebody should call, and who needs no call. Pure; French."""

from __future__ import annotations

from collections.abc import Iterator

from edi.bilan.chiffres import Bilan, Ligne, add_up
from edi.bilan.mots import combien, montant, nombre, pourcent
from edi.bilan.ordres import Commande, Consigne, Qui, sentence

_DROP = 0.10  # of the rate of a fournisseur below its usual one, before somebody calls it
_FEW = 3  # rejected invoices that no one is called for
_TOLD = 5  # fournisseurs named one by one


def is_unusual(ligne: Ligne) -> bool:
    """True for a fournisseur that somebody should call: it has sent nothing that passes, or far less."""
    compte, taux = ligne.compte, ligne.compte.taux
    if ligne.irrecevables:
        return True
    if taux is None or compte.rejetees < _FEW:
        return False
    return taux == 0 or (ligne.habituel is not None and taux < ligne.habituel - _DROP)


def find_calls(bilan: Bilan) -> list[Ligne]:
    """Whom somebody should call: not those whom a rule strikes that is held to be wrong."""
    doubted = {ligne for one in bilan.doutes for ligne in struck_by(bilan, one.code)}
    return [ligne for ligne in bilan.lignes if is_unusual(ligne) and ligne not in doubted]


def struck_by(bilan: Bilan, code: str) -> list[Ligne]:
    """The fournisseurs whose invoices one rule has rejected more than any other, unusually many."""
    return [ligne for ligne in bilan.lignes if ligne.causes[:1] == (code,) and is_unusual(ligne)]


def tell_calls(bilan: Bilan) -> Iterator[Consigne]:
    some = find_calls(bilan)
    if not some:
        return
    rejected = sum(ligne.compte.rejetees for ligne in some)
    money = montant(add_up(somme for ligne in some for somme in ligne.bloque))
    refused = sum(ligne.irrecevables for ligne in some)
    parts = []
    if rejected:
        parts.append(
            combien(rejected, "facture rejetée", "factures rejetées")
            + (f", {money} bloqués" if money else "")
        )
    if refused:
        parts.append(combien(refused, "dépôt irrecevable", "dépôts irrecevables"))
    left = combien(len(some) - _TOLD, "autre", "autres")
    more = [f"et {left}, voir le tableau"] if len(some) > _TOLD else []
    only = f" --appli {some[0].appli}" if len(some) == 1 else ""
    yield Consigne(
        Qui.FOURNISSEURS,
        f"{combien(len(some), 'fournisseur', 'fournisseurs')} : {' ; '.join(parts)}.",
        (*(_call(ligne) for ligne in some[:_TOLD]), *more),
        (Commande(f"edi {'facture list --rejetees' if rejected else 'flux list'}{only}"),),
    )


def _call(ligne: Ligne) -> str:
    compte = ligne.compte
    told = f"{ligne.nom} : " if ligne.nom == ligne.appli else f"{ligne.nom} ({ligne.appli}) : "
    if compte.rejetees:
        whole = compte.acceptees + compte.rejetees
        told += f"{nombre(compte.rejetees)} rejetée{'s' if compte.rejetees > 1 else ''} sur {nombre(whole)}"
        if money := montant(ligne.bloque):
            told += f", {money}"
        if ligne.habituel is not None:
            told += (
                f" ; {pourcent(compte.taux)} acceptées du premier coup, {pourcent(ligne.habituel)} d'habitude"
            )
    else:
        told += combien(ligne.irrecevables, "dépôt irrecevable", "dépôts irrecevables")
    return told + (f". {sentence(ligne.pourquoi)}" if ligne.pourquoi else ".")


def tell_others(bilan: Bilan) -> Iterator[Consigne]:
    called = find_calls(bilan)
    told = {*called, *(ligne for one in bilan.doutes for ligne in struck_by(bilan, one.code))}
    some = [ligne for ligne in bilan.lignes if ligne.compte.rejetees and ligne not in told]
    rejected = sum(ligne.compte.rejetees for ligne in some)
    if rejected:
        many = combien(rejected, "facture rejetée", "factures rejetées")
        if called:
            many = combien(rejected, "autre facture rejetée", "autres factures rejetées")
        money = montant(add_up(somme for ligne in some for somme in ligne.bloque))
        yield Consigne(
            Qui.PERSONNE,
            f"{many} chez {combien(len(some), 'fournisseur', 'fournisseurs')}"
            f"{f', {money} bloqués' if money else ''}.",
            ("Le compte rendu que chacun a reçu dit quoi corriger.",),
        )
