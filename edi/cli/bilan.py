"""What a pass came to, by fournisseur and by cause: the figures of the report, on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from edi.assemblage import make_tenue
from edi.bilan.calcul import rank
from edi.bilan.chiffres import Bilan, Entete
from edi.bilan.mots import combien, fine, liste, montant, nombre, pourcent
from edi.bilan.phrases import balance, example, folded, many, trouble
from edi.cli.affichage import console, print_table
from edi.espace import Espace
from edi.model import Flux, Genre, Issue

_CAUSES = 5


def print_figures(espace: Espace, done: Sequence[Flux]) -> None:
    """The figures of some deliveries; nothing for those that bring no invoices."""
    now = espace.now()
    entete = Entete("", espace.today(), Genre.MANUEL, now, now, Issue.REUSSI)
    with espace.engine.begin() as conn:
        bilan = make_tenue(espace).of_flux(conn, done, entete)
    if bilan.lignes:
        _print_lignes(bilan)
        _print_causes(bilan)
        _say(f"{balance(bilan.compte)}.")


def _print_lignes(bilan: Bilan) -> None:
    shown = [ligne for ligne in sorted(bilan.lignes, key=rank) if trouble(ligne)]
    rows = []
    for ligne in shown:
        compte = ligne.compte
        numbers = (compte.reportees + compte.recues, compte.acceptees, compte.rejetees, compte.en_attente)
        refused = combien(ligne.irrecevables, "dépôt irrecevable", "dépôts irrecevables")
        causes = ", ".join(filter(None, [refused if ligne.irrecevables else "", liste(ligne.causes, 2)]))
        name = f"{ligne.nom} ({ligne.appli})"
        rows.append((name, *map(nombre, numbers), montant(ligne.bloque), pourcent(compte.taux), causes))
    if rows:
        columns = (
            "fournisseur",
            "reçues",
            "acceptées",
            "rejetées",
            "en attente",
            "TTC bloqué",
            "1er coup",
            "causes",
        )
        print_table(columns, rows)
    if calm := folded(bilan):
        _say(f"{calm}.")


def _print_causes(bilan: Bilan) -> None:
    rows = [(many(one), one.code, one.message, example(one)) for one in bilan.causes[:_CAUSES]]
    if rows:
        print_table(("combien", "code", "pourquoi", "exemple"), rows)
    if len(bilan.causes) > _CAUSES:
        _say(f"et {combien(len(bilan.causes) - _CAUSES, 'autre cause', 'autres causes')}.")


def _say(text: str) -> None:
    console.print(fine(text), markup=False, soft_wrap=True)
