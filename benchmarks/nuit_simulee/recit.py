"""What came of a night: figures, and whether they hold together."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isclose
from typing import NamedTuple

from lxml import etree

from edi.banc.graphe import SVG, add
from nuit_simulee.monde import HEURE, clock
from nuit_simulee.plateforme import Plateforme

MATIN = 13 * HEURE  # seven o'clock


class Recit(NamedTuple):
    """Figures of one night."""

    nom: str
    graine: int
    lots: int
    factures: int
    perdues: int
    derniere: float  # the last answer
    avant_sept_heures: float  # share of the invoices
    mediane: float  # seconds from the deposit of a lot to its answer
    p99: float
    plus_longue: float
    presentes: int  # invoices, at the worst moment
    occupation: float  # of the workers, from the first deposit to the last answer
    morts: int
    rejuges: int


def tell(nuit: Plateforme) -> Recit:
    """The figures of a night that is over."""
    releve = nuit.releve
    waits = sorted(lot.repondu - lot.depot.le for lot in nuit.lots)
    last = max(lot.repondu for lot in nuit.lots)
    factures = sum(lot.depot.charge.factures for lot in nuit.lots)
    early = sum(lot.depot.charge.factures for lot in nuit.lots if lot.repondu <= MATIN)
    workers = nuit.scenario.coordinateurs * nuit.scenario.travailleurs
    return Recit(
        nuit.scenario.nom,
        nuit.scenario.graine,
        len(nuit.lots),
        factures,
        releve.deposees - releve.repondues,
        last,
        early / factures,
        _quantile(waits, 0.5),
        _quantile(waits, 0.99),
        waits[-1],
        max(present for _, present in releve.courbe),
        releve.occupation / (workers * (last - nuit.lots[0].depot.le)),
        releve.morts,
        releve.rejuges,
    )


def find_broken(nuit: Plateforme) -> list[str]:
    """What should hold of every night and does not; nothing when all is well.

    Little's law is held by two accounts that do not know each other: the number present, summed while it
    changed, and the stay of each lot, from its own instants.
    """
    releve, broken = nuit.releve, []
    factures = sum(lot.depot.charge.factures for lot in nuit.lots)
    if not factures == releve.deposees == releve.repondues:
        broken.append(f"{factures} invoices, {releve.deposees} deposited, {releve.repondues} answered")
    if releve.presents or nuit.queue.items:
        broken.append(f"{releve.presents} invoices and {len(nuit.queue.items)} lots are left")
    if any(not lot.depot.le <= lot.pris <= lot.repondu for lot in nuit.lots):
        broken.append("a lot was answered before it was taken, or taken before it was deposited")
    if any(present < 0 for _, present in releve.courbe):
        broken.append("fewer invoices than none were present")
    stays = sum(lot.depot.charge.factures * (lot.repondu - lot.depot.le) for lot in nuit.lots)
    if not isclose(releve.somme, stays, rel_tol=1e-6):
        broken.append(f"Little: {releve.somme} present times seconds, {stays} of stays")
    begins, ends = nuit.scenario.base
    if any(begins <= lot.repondu < ends for lot in nuit.lots):
        broken.append("a lot was answered without a database")
    return broken


def _quantile(ordered: Sequence[float], part: float) -> float:
    return ordered[max(0, ceil(part * len(ordered)) - 1)]


def as_row(recit: Recit) -> tuple[str, ...]:
    """One line of the table, in French."""
    return (
        recit.nom,
        str(recit.graine),
        f"{recit.factures:,}".replace(",", " "),
        str(recit.perdues),
        clock(recit.derniere),
        f"{100 * recit.avant_sept_heures:.1f} %".replace(".", ","),
        show_seconds(recit.mediane),
        show_seconds(recit.p99),
        show_seconds(recit.plus_longue),
        f"{recit.presentes:,}".replace(",", " "),
        f"{100 * recit.occupation:.0f} %",
        str(recit.morts),
        str(recit.rejuges),
    )


COLONNES = (
    "nuit",
    "graine",
    "factures",
    "perdues",
    "dernière réponse",
    "avant 7 h",
    "lot, médiane",
    "lot, p99",
    "lot, au pire",
    "présentes au pire",
    "travailleurs occupés",
    "morts",
    "lots rejugés",
)


def show_seconds(seconds: float) -> str:
    """``12 s``, ``3 min``, ``2 h 05``."""
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s".replace(".", ",")
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d}"


# -- the drawing ------------------------------------------------------------------------------------------

WIDTH, LEFT, RIGHT, ROW, STEPS = 860, 70, 20, 120, 400


def write_svg(nights: Sequence[Plateforme]) -> str:
    """The invoices that are present, hour by hour, one curve a night, each on its own scale."""
    root = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG})
    root.set("viewBox", f"0 0 {WIDTH} {ROW * len(nights) + 30}")
    root.set("role", "img")
    add(root, "title", "Factures déposées et sans réponse, au long de la nuit")
    add(root, "style", "text{font:13px system-ui,sans-serif;fill:#3d4650}")
    ends = max(max(lot.repondu for lot in nuit.lots) for nuit in nights)
    for rank, nuit in enumerate(nights):
        _draw_night(root, nuit, ends, rank * ROW)
    foot = ROW * len(nights) + 16
    for hour in range(int(ends // HEURE) + 1):
        x = LEFT + hour * HEURE / ends * (WIDTH - LEFT - RIGHT)
        if hour % 2 == 0:
            add(root, "text", clock(hour * HEURE), x=x, y=foot, text_anchor="middle")
    return etree.tostring(root, encoding="unicode") + "\n"


def _draw_night(root: etree._Element, nuit: Plateforme, ends: float, top: int) -> None:
    foot, height = top + ROW - 14, ROW - 44
    values = _sample(nuit.releve.courbe, ends)
    most = max(1, *values)
    add(root, "text", f"{nuit.scenario.nom} (au pire {max(values):,})".replace(",", " "), x=LEFT, y=top + 20)
    for begins, until, colour in (
        (*nuit.scenario.base, "#f3c6c0"),
        (*nuit.scenario.injoignables, "#f1e2bd"),
    ):
        if until > begins:
            x, wide = (part / ends * (WIDTH - LEFT - RIGHT) for part in (begins, until - begins))
            add(root, "rect", x=LEFT + x, y=foot - height, width=wide, height=height, fill=colour)
    step = (WIDTH - LEFT - RIGHT) / (len(values) - 1)
    path = " ".join(f"{LEFT + k * step:.1f},{foot - v / most * height:.1f}" for k, v in enumerate(values))
    add(root, "polyline", points=path, fill="none", stroke="#1f5fa8", stroke_width=1.5)
    add(root, "line", x1=LEFT, x2=WIDTH - RIGHT, y1=foot, y2=foot, stroke="#d9dee3")
    add(root, "text", f"{most:,}".replace(",", " "), x=LEFT - 6, y=foot - height + 4, text_anchor="end")


def _sample(courbe: Sequence[tuple[float, int]], ends: float) -> list[int]:
    """The most that were present in each of so many slices of the night."""
    slices = [0] * (STEPS + 1)
    before, present = 0, 0
    for at, value in courbe:
        rank = min(STEPS, int(at / ends * STEPS))
        for empty in range(before + 1, rank + 1):
            slices[empty] = present
        slices[rank] = max(slices[rank], value)
        before, present = rank, value
    return slices
