"""What waits: for us, for the operator, for who sends it. Pure; French."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from edi.bilan.chiffres import Bilan, Ouvert
from edi.bilan.mots import combien, de, moment
from edi.bilan.ordres import Commande, Consigne, Qui, sentence
from edi.bilan.ouverts import EMISSION, RECEPTION

_LONG = timedelta(days=1)  # that a deposit without a deadline may lie there


def find_abandoned(bilan: Bilan, zone: ZoneInfo) -> Iterator[Consigne]:
    for one in bilan.ouverts:
        if one.abandonne:
            yield Consigne(
                Qui.EXPLOITANT,
                f"{_things(one)} {de(one.deposants)} {_wait(one)} et rien ne se fera plus sans vous.",
                (f"{sentence(one.raison)} Depuis le {moment(one.depuis, zone)}.",),
                (Commande(one.commande), Commande("edi flux relancer", "une fois la cause corrigée")),
            )


def find_incomplete(bilan: Bilan, zone: ZoneInfo) -> Iterator[Consigne]:
    for one in bilan.ouverts:
        if one.quoi != RECEPTION:
            continue
        many = combien(one.combien, "dépôt incomplet", "dépôts incomplets")
        told = f"Le plus ancien : {one.sujet}, depuis le {moment(one.depuis, zone)}."
        if one.jusqu:
            who = "Il sera refusé" if one.combien == 1 else "Le premier sera refusé"
            told = f"{who} s'il n'est pas complet le {moment(one.jusqu, zone)}. {told}"
        called = one.jusqu is not None or bilan.entete.fin - one.depuis > _LONG
        yield Consigne(
            Qui.FOURNISSEURS if called else Qui.PERSONNE,
            f"{many} {de(one.deposants)} : {one.raison}.",
            (told,),
            (Commande(one.commande),),
        )


def find_waiting(bilan: Bilan, zone: ZoneInfo) -> Iterator[Consigne]:
    for one in bilan.ouverts:
        if one.abandonne or one.regle or one.quoi == RECEPTION:
            continue
        told = sentence(one.raison)
        told += f" Nouvel essai le {moment(one.essai, zone)}." if one.essai else ""
        if one.jusqu:
            told += f" À regarder si rien n'a changé le {moment(one.jusqu, zone)}."
        late = one.jusqu is not None and one.jusqu < bilan.entete.fin
        who = Qui.EXPLOITANT if late else Qui.PERSONNE
        yield Consigne(
            who, f"{_things(one)} {de(one.deposants)} {_wait(one)}.", (told,), (Commande(one.commande),)
        )


def _things(one: Ouvert) -> str:
    if one.quoi == EMISSION:
        return combien(one.combien, "réponse", "réponses")
    flux = combien(one.combien, "flux", "flux")
    return f"{combien(one.factures, 'facture', 'factures')} ({flux})" if one.factures else flux


def _wait(one: Ouvert) -> str:
    return "attendent" if max(one.factures, one.combien) > 1 else "attend"
