"""Results as tables that accountants and operators read: French, lined up. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edi.banc.mesures import OBJECTIF_LATENCE, Entier, Resultats, quantile
from edi.banc.sonde import ETAPES, LIBELLES, RESTE, Duree

INSECABLE = "\N{NO-BREAK SPACE}"
RIEN = "—"


class Tableau(NamedTuple):
    """A title, names of columns, rows of text."""

    titre: str
    colonnes: tuple[str, ...]
    lignes: tuple[tuple[str, ...], ...]


def nombre(value: float, decimales: int = 0) -> str:
    """``12 345,6``."""
    return f"{value:,.{decimales}f}".replace(",", INSECABLE).replace(".", ",")


def pourcent(part: float) -> str:
    """``12,3 %``."""
    return f"{nombre(100 * part, 1)}{INSECABLE}%"


def fois(ratio: float) -> str:
    """``6,2 ×``."""
    return f"{nombre(ratio, 2)}{INSECABLE}×"


def rate(seconds: float) -> str:
    """So many a second."""
    return nombre(1 / seconds)


def millis(seconds: float, decimales: int = 2) -> str:
    """``3,21 ms``."""
    return f"{nombre(1000 * seconds, decimales)}{INSECABLE}ms"


def make_tableaux(found: Resultats) -> tuple[Tableau, ...]:
    """Everything that was measured."""
    return tuple(
        line_up(one)
        for one in (
            _machine(found),
            _entiers(found),
            _etapes(found.entiers),
            _travailleurs(found),
            _lignes(found),
            _latence(found),
        )
    )


def line_up(tableau: Tableau) -> Tableau:
    """The same, every column but the first set flush right."""
    widths = [
        max(len(cell) for cell in column) for column in zip(tableau.colonnes, *tableau.lignes, strict=True)
    ]

    def set_row(row: Sequence[str]) -> tuple[str, ...]:
        cells = zip(row, widths, strict=True)
        return tuple(cell.rjust(width) if rank else cell for rank, (cell, width) in enumerate(cells))

    return Tableau(tableau.titre, set_row(tableau.colonnes), tuple(map(set_row, tableau.lignes)))


def _machine(found: Resultats) -> Tableau:
    machine = found.machine
    return Tableau(
        "La machine",
        ("", "valeur"),
        (
            ("processeur", f"{machine.processeur}, {machine.coeurs} cœurs"),
            ("mémoire", f"{nombre(machine.memoire / 1024**3)}{INSECABLE}Go"),
            ("un fsync de 4 Ko", millis(machine.fsync)),
            ("charge au début", nombre(machine.charge, 1)),
            ("versions", f"Navette {machine.navette}, Python {machine.python}, Saxon {machine.saxon}"),
            ("durée du banc", f"{nombre(found.duree)}{INSECABLE}s"),
        ),
    )


def _entiers(found: Resultats) -> Tableau:
    rows = []
    for one in found.entiers:
        pair = found.pairs.get(one.jeu)
        rows.append(
            (
                one.libelle,
                nombre(one.octets),
                rate(one.total.secondes),
                millis(one.total.processeur),
                rate(one.jugement.secondes),
                pourcent(one.part_du_jugement),
                rate(one.plancher.secondes),
                RIEN if pair is None else nombre(1 / pair.total.secondes, 1),
                RIEN if pair is None else fois(pair.total.processeur / one.total.processeur),
                millis(one.contre_epreuve) if one.contre_epreuve else RIEN,
            )
        )
    return Tableau(
        "Un lot entier, du dépôt aux statuts sur le disque, dans un seul processus",
        (
            "lot",
            "octets",
            "factures/s",
            "processeur",
            "jugement seul/s",
            "entier/jugement",
            "lecture et XSD/s",
            "voie ordinaire/s",
            "entier/ordinaire",
            "contre-épreuve",
        ),
        tuple(rows),
    )


def _etapes(entiers: Sequence[Entier]) -> Tableau:
    names = [*(etape.nom for etape in ETAPES), RESTE]
    totals = [sum(part.secondes for part in one.etapes.values()) for one in entiers]
    rows = []
    for nom in names:
        if not any(nom in one.etapes for one in entiers):
            continue
        cells = [LIBELLES[nom]]
        for one, total in zip(entiers, totals, strict=True):
            part = one.etapes.get(nom, Duree())
            cells += [millis(part.secondes, 3), pourcent(part.secondes / total)]
        rows.append(tuple(cells))
    columns = [cell for one in entiers for cell in (one.libelle, "part")]
    sums = [cell for total in totals for cell in (millis(total, 3), pourcent(1.0))]
    return Tableau("Où passe le temps d'une facture", ("étape", *columns), (*rows, ("en tout", *sums)))


def _travailleurs(found: Resultats) -> Tableau:
    first = next(iter(found.travailleurs.values()))
    rows = [(str(many), rate(seconds), fois(first / seconds)) for many, seconds in found.travailleurs.items()]
    titre = f"Travailleurs (lots E1 UBL, {found.machine.coeurs} cœurs)"
    return Tableau(titre, ("travailleurs", "factures/s", "par rapport au premier"), tuple(rows))


def _lignes(found: Resultats) -> Tableau:
    rows = [
        (
            nombre(one.lignes),
            f"{nombre(one.octets / 1024)}{INSECABLE}Ko",
            f"{nombre(one.total.secondes, 2)}{INSECABLE}s",
            f"{nombre(one.total.processeur, 2)}{INSECABLE}s",
            millis(one.total.processeur / one.lignes, 3),
        )
        for one in found.lignes
    ]
    return Tableau(
        "Une facture UBL de beaucoup de lignes, du dépôt au statut",
        ("lignes", "taille", "durée", "processeur", "par ligne"),
        tuple(rows),
    )


def _latence(found: Resultats) -> Tableau:
    times = found.latences
    middle = quantile(times, 0.5)
    verdict = "tenu" if middle < OBJECTIF_LATENCE else "non tenu"
    rows = (
        ("médiane (p50)", millis(middle, 0)),
        ("p99", millis(quantile(times, 0.99), 0)),
        ("la plus longue", millis(max(times), 0)),
        ("objectif : médiane sous 1 s", verdict),
    )
    titre = f"Une facture seule, edi serve au repos : du renommage au CSO ({len(times)} dépôts)"
    return Tableau(titre, ("", "durée"), rows)
