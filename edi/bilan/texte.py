"""The report as plain text, 78 columns wide: what a mail shows without HTML, and a terminal. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from zoneinfo import ZoneInfo

from edi.bilan.chiffres import Bilan, Ligne
from edi.bilan.consignes import find_consignes, headline
from edi.bilan.mots import combien, duree, fine, montant, nombre, pourcent
from edi.bilan.ordres import Consigne
from edi.bilan.phrases import (
    arrivals,
    balance,
    blocked,
    example,
    folded,
    many,
    open_line,
    slowest,
    title,
    tries,
    trouble,
    when,
)

WIDTH = 78
_CAUSES = 8  # told one by one
_BARS = " ▁▂▃▄▅▆▇█"


def write_text(bilan: Bilan, zone: ZoneInfo) -> str:
    """The whole report."""
    consignes = find_consignes(bilan, zone)
    parts = [
        _head(bilan, zone),
        _todo(bilan, consignes),
        _figures(bilan),
        _suppliers(bilan),
        _causes(bilan),
        _open(bilan, zone),
        _run(bilan, zone),
        _history(bilan),
    ]
    text = "\n\n".join("\n".join(part) for part in map(list, parts) if part)
    return text.replace("\N{NO-BREAK SPACE}", " ") + "\n"


def _title(text: str) -> list[str]:
    return [text.upper(), "-" * len(text)]


def _fill(text: str, indent: str = "", more: str | None = None) -> list[str]:
    """Wrapped; what must not be cut (numbers, amounts) is not."""
    return wrap(
        fine(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if more is None else more,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _head(bilan: Bilan, zone: ZoneInfo) -> Iterator[str]:
    yield from _fill(f"{bilan.entete.plateforme} - {title(bilan)}")
    yield from _fill(when(bilan, zone))


def _todo(bilan: Bilan, consignes: Sequence[Consigne]) -> Iterator[str]:
    yield "=" * WIDTH
    yield headline(bilan, tuple(consignes)).upper()
    yield "=" * WIDTH
    for number, one in enumerate(consignes, 1):
        yield ""
        yield from _fill(f"{number}. [{one.qui.value}] {one.phrase}", more="   ")
        for detail in one.details:
            yield from _fill(f"- {detail}", "   ", "     ")
        for texte, sens in one.commandes:
            yield f"   > {texte}"
            if sens:
                yield from _fill(f"({sens})", "     ")


def _figures(bilan: Bilan) -> Iterator[str]:
    yield from _title("Le compte")
    yield from _fill(f"{balance(bilan.compte)}.")
    yield from _fill(arrivals(bilan))
    if money := blocked(bilan):
        yield f"{money}."


def _table(rows: Sequence[tuple[str, ...]], right: Iterable[int], grow: int) -> Iterator[str]:
    """Aligned columns; the one that grows is cut to what is left."""
    columns = range(len(rows[0]))
    widths = [max(len(row[n]) for row in rows) for n in columns]
    widths[grow] = min(widths[grow], WIDTH - sum(widths) + widths[grow] - 2 * (len(widths) - 1))
    ends = set(right)
    for rank, row in enumerate(rows):
        cells = [_cut(row[n], widths[n]) for n in columns]
        cells = [
            cell.rjust(widths[n]) if n in ends else cell.ljust(widths[n]) for n, cell in enumerate(cells)
        ]
        yield "  ".join(cells).rstrip()
        if rank == 0:
            yield "  ".join("-" * width for width in widths)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _suppliers(bilan: Bilan) -> Iterator[str]:
    if not bilan.lignes:
        return
    yield from _title("Par fournisseur")
    shown = [ligne for ligne in bilan.lignes if trouble(ligne)]
    if shown:
        head = ("fournisseur", "reçues", "acc.", "rej.", "att.", "TTC bloqué", "1er coup", "d'hab.")
        names = Counter(ligne.nom for ligne in shown)
        rows = [head, *(_supplier(ligne, alone=names[ligne.nom] == 1) for ligne in shown)]
        yield from _table(rows, range(1, len(head)), 0)
    if told := folded(bilan):
        yield from _fill(f"{told}.")


def _supplier(ligne: Ligne, *, alone: bool) -> tuple[str, ...]:
    compte = ligne.compte
    return (
        ligne.nom if alone else f"{ligne.appli} {ligne.nom}",
        nombre(compte.reportees + compte.recues),
        nombre(compte.acceptees),
        nombre(compte.rejetees),
        nombre(compte.en_attente),
        montant(ligne.bloque) or "-",
        pourcent(compte.taux),
        pourcent(ligne.habituel),
    )


def _causes(bilan: Bilan) -> Iterator[str]:
    if not bilan.causes:
        return
    yield from _title("Pourquoi")
    for one in bilan.causes[:_CAUSES]:
        yield from _fill(f"{many(one)}, {one.code} : {one.message}", more="  ")
        yield from _fill(f"Exemple : {example(one)}.", "  ")
        if one.remede:
            yield from _fill(f"Remède : {one.remede}", "  ")
    if len(bilan.causes) > _CAUSES:
        yield f"et {combien(len(bilan.causes) - _CAUSES, 'autre cause', 'autres causes')}."


def _open(bilan: Bilan, zone: ZoneInfo) -> Iterator[str]:
    yield from _title("Ce qui reste ouvert")
    if not bilan.ouverts:
        yield "Rien."
    for one in bilan.ouverts:
        yield from _fill(open_line(one, zone), more="  ")


def _run(bilan: Bilan, zone: ZoneInfo) -> Iterator[str]:
    if not bilan.etapes:
        return
    yield from _title("Le passage")
    told = [f"{one.etape.libelle} {duree(one.secondes)}" for one in bilan.etapes]
    yield from _fill(f"{', '.join(told)}. {slowest(bilan)}".strip())
    yield from _fill(tries(bilan))


def _history(bilan: Bilan) -> Iterator[str]:
    points = bilan.historique
    if len(points) < 2:
        return
    yield from _title(f"Les {len(points)} derniers passages")
    most = max((sum(point.compte[2:5]) for point in points), default=0)
    sizes = "".join(_bar(sum(point.compte[2:5]), most) for point in points)
    yield f"factures   {sizes}  au plus {nombre(most)}"
    rates = [point.compte.taux for point in points]
    marks = "".join(" " if taux is None else _bar(round(100 * taux), 100) for taux in rates)
    yield f"1er coup   {marks}  cette fois {pourcent(rates[-1])}"
    yield from _fill(f"Du {points[0].jour:%d/%m/%Y} au {points[-1].jour:%d/%m/%Y}.")


def _bar(value: int, most: int) -> str:
    if not value or not most:
        return _BARS[0] if not most else "·"
    return _BARS[max(1, round(value / most * (len(_BARS) - 1)))]
