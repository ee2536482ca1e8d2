"""What one look changes in what a déposant was told: told once a window, settled, or simply over. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edi.attendus.jugement import Bilan, Trouble, Vue
from edi.attendus.phrases import tell_number, tell_when
from edi.model import Attendu, NatureSignalement, Recu, Signalement


class Changements(NamedTuple):
    """What is to be told, what is settled (and how), what is over without a word."""

    nouveaux: tuple[Trouble, ...] = ()
    regles: tuple[tuple[Signalement, str], ...] = ()
    caducs: tuple[Signalement, ...] = ()


def compare(vue: Vue, connus: Sequence[Signalement], recus: Sequence[Recu]) -> Changements:
    """``connus``: what was told of the windows in view, over or not, and all that is not over."""
    told = {(one.jour, one.nature) for one in connus}
    wrong = {(one.jour, one.nature) for one in vue.troubles}
    regles, caducs = [], []
    for one in connus:
        if one.fin_le is not None or (one.jour, one.nature) in wrong or _goes_on(one, vue):
            continue
        fin = _how_settled(one, vue, recus)
        if fin:
            regles.append((one, fin))
        else:
            caducs.append(one)
    new = tuple(one for one in vue.troubles if (one.jour, one.nature) not in told)
    return Changements(new, tuple(regles), tuple(caducs))


def _goes_on(one: Signalement, vue: Vue) -> bool:
    """An earlier window that was missed, and nothing has come since."""
    if one.nature is not NatureSignalement.RETARD or vue.derniere is None or not vue.derniere.juge:
        return False
    return (
        vue.dernier is None or vue.dernier < one.depuis
    ) and one.jour <= vue.derniere.fenetre.echeance.jour


def _how_settled(one: Signalement, vue: Vue, recus: Sequence[Recu]) -> str:
    """French; '' when it was not, and only is no longer looked at."""
    if one.nature is NatureSignalement.RETARD:
        came = next((recu for recu in recus if recu.le >= one.depuis), None)
        return "" if came is None else tell_came(vue.attendu, came)
    bilan = next((b for b in (vue.derniere, vue.courante) if b and b.fenetre.echeance.jour == one.jour), None)
    return tell_count_now(bilan) if bilan is not None and bilan.juge else ""


def tell_came(attendu: Attendu, recu: Recu) -> str:
    many = "" if recu.factures is None else f" ({tell_number(recu.factures, 'facture', 'factures')})"
    return f"Dépôt reçu {tell_when(attendu, recu.le)}{many}."


def tell_count_now(bilan: Bilan) -> str:
    compte = bilan.compte
    flux = tell_number(compte.flux, "flux", "flux")
    factures = tell_number(compte.factures, "facture", "factures")
    return f"Le compte est maintenant celui qui est attendu : {flux}, {factures}."
