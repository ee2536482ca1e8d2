"""How expected deposits, their windows and what is known of them are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edi.attendus.constats import tell_last, tell_now
from edi.attendus.jugement import Bilan, Vue
from edi.attendus.phrases import (
    tell_amount,
    tell_attendu,
    tell_calendar,
    tell_count,
    tell_day,
)
from edi.cli.affichage import print_table
from edi.cli.espace import Espace
from edi.cli.passages import say, show_moment
from edi.model import Attendu, EvenementAttendu, Signalement
from edi.store.attendus import as_json_volumes


def print_vues(espace: Espace, vues: Sequence[Vue]) -> None:
    """One row an expected deposit."""
    columns = ("déposant", "attendu", "dernière fenêtre", "prochaine", "en ce moment")
    print_table(columns, [_row(espace, vue) for vue in vues])


def _row(espace: Espace, vue: Vue) -> tuple[str, ...]:
    attendu = vue.attendu
    return (
        attendu.appli,
        tell_calendar(attendu),
        tell_last(vue),
        show_moment(espace, vue.prochaine.ouvre if vue.prochaine else None),
        tell_now(vue, espace.now()),
    )


# -- one déposant -----------------------------------------------------------------------------------------


def print_attendu(espace: Espace, vue: Vue) -> None:
    attendu = vue.attendu
    say(f"{attendu.appli}, dépôt attendu n° {attendu.id}, {attendu.etat.value}")
    say(f"  {tell_attendu(attendu)}")
    say(f"  En ce moment : {tell_now(vue, espace.now())}.")


def print_windows(bilans: Sequence[tuple[Bilan, str]]) -> None:
    """One row a past window, with what was wrong with it, the last one first."""
    rows = [
        (
            tell_day(bilan.fenetre.echeance.jour),
            tell_count(bilan.compte.flux),
            tell_count(bilan.compte.factures),
            " + ".join(tell_amount(total, d) for d, total in sorted(bilan.compte.montants.items())),
            remark or "comme attendu",
        )
        for bilan, remark in bilans
    ]
    if rows:
        print_table(
            ("fenêtre du", "flux", "factures", "TTC hors avoirs", "constat"), rows, "Fenêtres passées"
        )


def print_signalements(espace: Espace, some: Sequence[Signalement]) -> None:
    rows = [
        (
            show_moment(espace, one.dit_le),
            one.nature.value,
            one.phrase,
            ", ".join(one.courriel) or "dossier statut seul",
            f"{show_moment(espace, one.fin_le)} {one.fin}".strip() if one.fin_le else "en cours",
        )
        for one in some
    ]
    if rows:
        print_table(("dit le", "quoi", "phrase", "courriel à", "fin"), rows, "Signalé au déposant")


def print_history(espace: Espace, some: Sequence[EvenementAttendu]) -> None:
    rows = [
        (show_moment(espace, one.le), one.par, f"n° {one.attendu_id} {one.acte.value}", one.detail)
        for one in some
    ]
    print_table(("le", "par", "acte", "détail"), rows, "Historique")


# -- for programs -----------------------------------------------------------------------------------------


def as_json(attendu: Attendu) -> dict[str, Any]:
    return {
        "numero": attendu.id,
        "deposant": attendu.appli,
        "etat": attendu.etat.value,
        "semaine": sorted(attendu.jours.semaine),
        "mois": sorted(attendu.jours.mois),
        "ouvres": sorted(attendu.jours.ouvres),
        "debut": f"{attendu.debut:%H:%M}",
        "fin": f"{attendu.fin:%H:%M}",
        "feries": attendu.feries.value,
        "territoire": attendu.territoire,
        "fermetures": sorted(attendu.fermetures),
        "volumes": as_json_volumes(attendu.volumes),
        "fin_de_mois": None if attendu.pointe is None else as_json_volumes(attendu.pointe),
        "du": attendu.du,
        "au": attendu.au,
        "pause_au": attendu.pause_au,
    }


def as_json_vue(espace: Espace, vue: Vue) -> dict[str, Any]:
    return {
        **as_json(vue.attendu),
        "derniere": None if vue.derniere is None else as_json_bilan(vue.derniere),
        "derniere_tenue": tell_last(vue),
        "courante": None if vue.courante is None else as_json_bilan(vue.courante),
        "prochaine": None if vue.prochaine is None else vue.prochaine._asdict(),
        "dernier_depot": vue.dernier,
        "en_ce_moment": tell_now(vue, espace.now()),
        "troubles": [{**one._asdict(), "nature": one.nature.value} for one in vue.troubles],
    }


def as_json_bilan(bilan: Bilan) -> dict[str, Any]:
    compte = bilan.compte
    return {
        **bilan.fenetre.echeance._asdict(),
        "flux": compte.flux,
        "factures": compte.factures,
        "montants": dict(compte.montants),
        "entier": compte.entier,
        "jugee": bilan.juge,
    }
