"""The last runs as a small chart: what came of the invoices, and how many passed at once. Pure; SVG."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from lxml import etree

from edi.bilan.chiffres import Point
from edi.bilan.mots import combien, nombre, pourcent

SVG = "http://www.w3.org/2000/svg"
WIDTH, LEFT, RIGHT = 720, 66, 12
_RATE_TOP, _RATE_BOTTOM = 32, 90  # the curve
_BAR_TOP, _BAR_BOTTOM = 124, 208  # the bars
HEIGHT = 234
_PLACES = 30  # bars, whether there are so many runs or not
# Names of colours that whoever shows the chart gives; what stands after them serves where nobody does.
_STYLE = """
.g-texte{fill:var(--doux,#5b6470);font:13px system-ui,sans-serif}
@media screen and (max-width:46rem){.g-texte{font-size:21px}}
.g-trait{stroke:var(--trait,#d9dee3)}
.g-acceptees{fill:var(--barre,#9db4c8)}.g-rejetees{fill:var(--rouge,#b42318)}
.g-attente{fill:var(--ambre,#b7791f)}
.g-taux{fill:none;stroke:var(--bleu,#1f5fa8);stroke-width:2;stroke-linejoin:round}
.g-point{fill:var(--bleu,#1f5fa8)}
"""


def write_svg(points: Sequence[Point], *, styled: bool = True) -> str:
    """The chart of some runs, oldest first; the last one is the one that is told of.

    ``styled``: it brings its style; else the page that shows it does.
    """
    shown = points[-_PLACES:]
    root = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG})  # type: ignore[dict-item]
    root.attrib.update(
        {
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "role": "img",
            "aria-labelledby": "g-titre g-detail",
        }
    )
    _add(root, "title", text=f"Les {len(shown)} derniers passages", id="g-titre")
    _add(root, "desc", text=describe(shown), id="g-detail")
    if styled:
        _add(root, "style", text=_STYLE)
    _draw_rates(root, shown)
    _draw_bars(root, shown)
    return etree.tostring(root, encoding="unicode")


def describe(points: Sequence[Point]) -> str:
    """The chart in words, for those who do not see it."""
    if not points:
        return "Aucun passage."
    rates = [point.compte.taux for point in points if point.compte.taux is not None]
    most = max(points, key=lambda point: point.compte.recues)
    told = f"Du {points[0].jour:%d/%m/%Y} au {points[-1].jour:%d/%m/%Y}"
    told += f" : au plus {combien(most.compte.recues, 'facture reçue', 'factures reçues')} par passage"
    if rates:
        told += f" ; de {pourcent(min(rates))} à {pourcent(max(rates))} acceptées du premier coup"
        told += f", {pourcent(points[-1].compte.taux)} au dernier passage"
    return f"{told}."


def _add(parent: etree._Element, tag: str, text: str = "", **attributes: object) -> etree._Element:
    child = etree.SubElement(parent, f"{{{SVG}}}{tag}")
    for name, value in attributes.items():
        child.set(
            name.rstrip("_").replace("_", "-"), f"{value:g}" if isinstance(value, float) else str(value)
        )
    if text:
        child.text = text
    return child


def _x(rank: int, many: int) -> float:
    """Where the bar of a run begins; the last run stands at the right."""
    step = (WIDTH - LEFT - RIGHT) / _PLACES
    return LEFT + (_PLACES - many + rank) * step


def _label(root: etree._Element, x: float, y: float, text: str, anchor: str = "end") -> None:
    _add(root, "text", text, class_="g-texte", x=x, y=y, text_anchor=anchor)


def _rule(root: etree._Element, y: float) -> None:
    _add(root, "line", class_="g-trait", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y)


def _draw_rates(root: etree._Element, points: Sequence[Point]) -> None:
    """The curve, from the last ten percent below all of it up to 100 %."""
    rates = [point.compte.taux for point in points]
    low = min((rate for rate in rates if rate is not None), default=0.9)
    base = min(floor(low * 10) / 10, 0.9)
    _label(root, LEFT, _RATE_TOP - 8, "acceptées du premier coup", "start")
    for rate, y in ((1.0, _RATE_TOP), (base, _RATE_BOTTOM)):
        _rule(root, y)
        _label(root, LEFT - 6, y + 4, pourcent(rate))
    half = (WIDTH - LEFT - RIGHT) / _PLACES / 2
    known = [
        (_x(rank, len(points)) + half, _RATE_BOTTOM - (rate - base) / (1 - base) * (_RATE_BOTTOM - _RATE_TOP))
        for rank, rate in enumerate(rates)
        if rate is not None
    ]
    if known:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in known)
        _add(root, "polyline", class_="g-taux", points=path)
        _add(root, "circle", class_="g-point", cx=round(known[-1][0], 1), cy=round(known[-1][1], 1), r=3.5)


def _draw_bars(root: etree._Element, points: Sequence[Point]) -> None:
    """One bar a run, in three parts."""
    most = max((sum(point.compte[2:]) for point in points), default=0)
    _label(root, LEFT, _BAR_TOP - 8, "factures par passage", "start")
    _rule(root, _BAR_BOTTOM)
    _label(root, LEFT - 6, _BAR_BOTTOM + 4, "0")
    if most:
        _rule(root, _BAR_TOP)
        _label(root, LEFT - 6, _BAR_TOP + 4, nombre(most))
    width = (WIDTH - LEFT - RIGHT) / _PLACES
    for rank, point in enumerate(points):
        _draw_bar(root, point, _x(rank, len(points)) + width * 0.12, width * 0.76, most)
    if points:
        _label(root, _x(0, len(points)), HEIGHT - 6, f"{points[0].jour:%d/%m}", "start")
    if len(points) > 1:
        _label(root, WIDTH - RIGHT, HEIGHT - 6, f"{points[-1].jour:%d/%m}")


def _draw_bar(root: etree._Element, point: Point, x: float, width: float, most: int) -> None:
    compte = point.compte
    group = _add(root, "g")
    told = f"{point.jour:%d/%m/%Y} : {combien(compte.acceptees, 'acceptée', 'acceptées')}"
    told += f", {combien(compte.rejetees, 'rejetée', 'rejetées')}, {nombre(compte.en_attente)} en attente"
    _add(group, "title", told)
    y = float(_BAR_BOTTOM)
    for name, part in (
        ("acceptees", compte.acceptees),
        ("rejetees", compte.rejetees),
        ("attente", compte.en_attente),
    ):
        if part > 0:
            # What is few among many must be seen all the same.
            height = max(part / most * (_BAR_BOTTOM - _BAR_TOP), 1.5)
            y -= height
            _add(group, "rect", class_=f"g-{name}", x=round(x, 1), y=round(y, 1), width=round(width, 1),
                 height=round(height, 1))  # fmt: skip
