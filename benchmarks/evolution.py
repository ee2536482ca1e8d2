"""What runs of the bench came to, commit by commit: their files, a page, a drawing.

``python benchmarks/evolution.py`` makes the page and the drawing again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from edi.banc.graphe import SVG, add

FOLDER = Path(__file__).resolve().parent / "history"
# What the page and the drawing show of all that is kept, and the aim where there is one.
SHOWN: tuple[tuple[str, str, str], ...] = (
    ("ubl: entier/jugement", "UBL, whole / judged alone", "0.8"),
    ("cii: entier/jugement", "CII, the same", "0.8"),
    ("facturx: entier/jugement", "Factur-X, the same", "0.8"),
    ("ubl: plancher/jugement", "UBL, parsed and XSD / judged", ""),
    ("ubl: entier/voie ordinaire", "UBL, whole / ordinary way", ""),
    ("cii: entier/voie ordinaire", "CII, the same", ""),
    ("facturx: entier/voie ordinaire", "Factur-X, the same", ""),
    ("2 travailleurs/1", "two workers / one", "1.8"),
    ("4 travailleurs/1", "four workers / one", ""),
    ("ligne: 5000/1000", "a line of 5,000 / of 1,000", ""),
    ("latence médiane/objectif", "median latency / 1 s", "1"),
)
TITLE = "# How the ratios went"
WIDTH, HEIGHT, LEFT, ROW = 860, 74, 240, 14


class Passage(NamedTuple):
    """One run."""

    commit: str
    le: str  # UTC
    machine: str
    charge: float  # load as it began
    commande: str
    modifie: bool  # the code was not quite that of the commit
    ratios: dict[str, float]


def read(folder: Path) -> list[Passage]:
    """Every run that is kept, oldest first."""
    kept = [Passage(**json.loads(path.read_text("utf-8"))) for path in folder.glob("*.json")]
    return sorted(kept, key=lambda one: one.le)


def rewrite(folder: Path) -> None:
    """Make the page and the drawing again from what is kept."""
    passages = read(folder)
    (folder / "README.md").write_text(write_page(passages), encoding="utf-8")
    (folder / "evolution.svg").write_text(write_svg(passages), encoding="utf-8")


def write_page(passages: Sequence[Passage]) -> str:
    """The page, in Markdown."""
    if not passages:
        return f"{TITLE}\n\nNothing is kept yet: `make bench`, on a machine with nothing else to do.\n"
    lines = [
        TITLE,
        "",
        "Made by `make bench` (`python benchmarks/bout_en_bout.py`) from the files beside it, one a commit; "
        "newest last. `x / y` is how many times x is done in the time that y takes, in one run. "
        "A run under load (processes that wanted a processor as it began) tells less.",
        "",
        "![How the ratios went](evolution.svg)",
        "",
        "| Commit | Day | Load | " + " | ".join(label for _, label, _ in SHOWN) + " |",
        "|---|---|---|" + "---|" * len(SHOWN),
    ]
    for one in passages:
        cells = [f"{one.ratios[nom]:.2f}" if nom in one.ratios else "" for nom, _, _ in SHOWN]
        mark = " (changed)" if one.modifie else ""
        lines.append(f"| `{one.commit}`{mark} | {one.le[:10]} | {one.charge:.1f} | {' | '.join(cells)} |")
    lines.append("| aim | | | " + " | ".join(aim for _, _, aim in SHOWN) + " |")
    machines = sorted({one.machine for one in passages})
    commands = sorted({one.commande for one in passages})
    lines += ["", f"Machines: {'; '.join(machines)}. Commands: {', '.join(f'`{c}`' for c in commands)}.", ""]
    return "\n".join(lines)


def write_svg(passages: Sequence[Passage]) -> str:
    """One small curve a ratio, each on its own scale from zero, its last value beside it."""
    rows = [row for row in SHOWN if any(row[0] in one.ratios for one in passages)]
    root = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG})
    root.set("viewBox", f"0 0 {WIDTH} {ROW + HEIGHT * len(rows)}")
    root.set("role", "img")
    add(root, "title", "How the ratios went, commit by commit")
    add(root, "style", "text{font:13px system-ui,sans-serif;fill:#3d4650}")
    for rank, (nom, label, aim) in enumerate(rows):
        _draw(root, passages, nom, label, aim, ROW + rank * HEIGHT)
    return etree.tostring(root, encoding="unicode") + "\n"


def _draw(
    root: etree._Element, passages: Sequence[Passage], nom: str, label: str, aim: str, top: int
) -> None:
    known = [(rank, one.ratios[nom]) for rank, one in enumerate(passages) if nom in one.ratios]
    most = max([value for _, value in known] + ([float(aim)] if aim else [])) or 1.0
    foot, height = top + HEIGHT - 22, HEIGHT - 30
    step = (WIDTH - LEFT - 90) / max(1, len(passages) - 1)

    def place(rank: int, value: float) -> tuple[float, float]:
        return LEFT + rank * step, foot - value / most * height

    add(root, "text", label, x=8, y=foot - height / 2)
    add(root, "line", x1=LEFT, x2=WIDTH - 90, y1=foot, y2=foot, stroke="#d9dee3")
    if aim:
        y = place(0, float(aim))[1]
        line = add(root, "line", x1=LEFT, x2=WIDTH - 90, y1=y, y2=y, stroke="#b42318", stroke_dasharray="4 4")
        add(line, "title", f"aim: {aim}")
    points = [place(rank, value) for rank, value in known]
    if len(points) > 1:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        add(root, "polyline", points=path, fill="none", stroke="#1f5fa8", stroke_width=2)
    for (rank, value), (x, y) in zip(known, points, strict=True):
        dot = add(root, "circle", cx=x, cy=y, r=3.5, fill="#1f5fa8")
        add(dot, "title", f"{passages[rank].commit}: {value:.2f}")
    add(root, "text", f"{known[-1][1]:.2f}", x=points[-1][0] + 10, y=points[-1][1] + 5)


if __name__ == "__main__":
    rewrite(FOLDER)
