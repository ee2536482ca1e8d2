"""How an expected deposit stands at one instant, in French, for operators. Pure."""

from __future__ import annotations

from datetime import datetime

from edi.attendus.fenetres import volumes_on
from edi.attendus.jugement import Bilan, Vue
from edi.attendus.phrases import tell_amount, tell_number, tell_volumes
from edi.model import Attendu, EtatAttendu


def tell_last(vue: Vue) -> str:
    """Whether the last window was kept."""
    bilan = vue.derniere
    if bilan is None or not bilan.juge:
        return ""
    wrong = [one for one in vue.troubles if one.jour == bilan.fenetre.echeance.jour]
    kept = "tenue" if not wrong else "manquée" if vue.retard else "anormale"
    return f"{bilan.fenetre.echeance.jour:%d/%m/%Y} {kept}" if bilan.compte.flux or wrong else ""


def tell_now(vue: Vue, now: datetime) -> str:
    """How it stands at this instant, for operators."""
    attendu = vue.attendu
    if attendu.etat is EtatAttendu.PROPOSE:
        return f"proposé : « edi attendus confirme {attendu.appli} »"
    if attendu.pause_au is not None and now.date() <= attendu.pause_au:
        return f"en pause jusqu'au {attendu.pause_au:%d/%m/%Y}"
    if vue.retard is not None:
        word = "absent" if vue.is_absent(now) else "en retard"
        return f"{word} depuis le {_moment(attendu, vue.retard.depuis)}"
    if vue.troubles:
        return "anormal : " + " ; ".join(one.phrase.partition(" : ")[2].rstrip(".") for one in vue.troubles)
    return _tell_current(vue, now)


def _tell_current(vue: Vue, now: datetime) -> str:
    attendu, bilan = vue.attendu, vue.courante
    if bilan is None:
        return "rien d'attendu"
    window = bilan.fenetre.echeance
    if not bilan.juge:
        du = attendu.du
        return f"jugé à partir du {du:%d/%m/%Y}" if du and window.jour < du else "plus rien d'attendu"
    if bilan.compte.flux:
        return f"reçu {tell_received(bilan)} (d'habitude {tell_volumes(volumes_on(attendu, window.jour))})"
    if window.ouvre <= now:
        return f"attendu jusqu'au {_moment(attendu, window.ferme)}, rien encore"
    return f"à venir le {_moment(attendu, window.ouvre)}"


def tell_received(bilan: Bilan) -> str:
    """``3 flux, 1 204 factures, 12 000,50 EUR``."""
    compte = bilan.compte
    parts = [tell_number(compte.flux, "flux", "flux"), tell_number(compte.factures, "facture", "factures")]
    parts += [tell_amount(total, devise) for devise, total in sorted(compte.montants.items())]
    return ", ".join(parts) + ("" if compte.entier else " (jugement en cours)")


def _moment(attendu: Attendu, at: datetime) -> str:
    return f"{at.astimezone(attendu.fuseau):%d/%m/%Y %H:%M}"
