"""Results as a drawing: what an invoice costs, stage by stage, and what workers bring. Pure; SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from edi.banc.mesures import Entier, Resultats
from edi.banc.sonde import Duree
from edi.banc.tableau import millis, nombre

SVG = "http://www.w3.org/2000/svg"
WIDTH, LEFT, RIGHT = 860, 110, 120
_BAR, _STEP = 24, 38
# What is drawn as one: its name, the stages in it, its colour.
GROUPES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("lecture et XSD", ("lecture",), "#4e79a7"),
    ("règles officielles", ("officielles", "contre_epreuve"), "#b42318"),
    ("champs, règles de Navette", ("propres",), "#e0962f"),
    ("base de données", ("base", "validation"), "#59a14f"),
    ("disque (fsync)", ("fsync",), "#8a6fb0"),
    (
        "prise, annuaire, réponses",
        ("prise", "ouverture", "registre", "decision", "emission", "reste"),
        "#9aa5b1",
    ),
)
_STYLE = """
text{fill:var(--doux,#3d4650);font:13px system-ui,sans-serif}
.t{font-weight:600;font-size:15px}.v{font-size:12px}
.l{stroke:var(--trait,#d9dee3)}.w{fill:var(--bleu,#1f5fa8)}
"""


def write_svg(found: Resultats) -> str:
    """The drawing of one run."""
    root = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG})  # type: ignore[dict-item]
    add(root, "title", text="Banc de Navette", id="b-titre")
    add(root, "desc", text=describe(found), id="b-detail")
    add(root, "style", text=_STYLE)
    y = _draw_stages(root, found.entiers, 24)
    y = _draw_legend(root, y + 8)
    y = _draw_workers(root, found.travailleurs, y + 30)
    root.attrib.update({"viewBox": f"0 0 {WIDTH} {y}", "role": "img", "aria-labelledby": "b-titre b-detail"})
    return etree.tostring(root, encoding="unicode")


def describe(found: Resultats) -> str:
    """The drawing in words."""
    costs = [f"{one.libelle} {millis(one.total.secondes)}" for one in found.entiers]
    rates = [f"{many} : {nombre(1 / seconds)} factures/s" for many, seconds in found.travailleurs.items()]
    return f"Une facture, du dépôt au statut : {', '.join(costs)}. Travailleurs, {' ; '.join(rates)}."


def add(parent: etree._Element, tag: str, text: str = "", **attributes: object) -> etree._Element:
    """One element of a drawing; ``class_`` is the attribute class, ``text_anchor`` text-anchor."""
    child = etree.SubElement(parent, f"{{{SVG}}}{tag}")
    for name, value in attributes.items():
        shown = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
        child.set(name.rstrip("_").replace("_", "-"), shown)
    if text:
        child.text = text
    return child


def _draw_stages(root: etree._Element, entiers: Sequence[Entier], y: int) -> int:
    add(root, "text", "Une facture, du dépôt aux statuts sur le disque (millisecondes)", class_="t", x=8, y=y)
    y += 14
    most = max(_seconds(one.etapes) for one in entiers)
    for one in entiers:
        add(root, "text", one.libelle, x=LEFT - 8, y=y + 17, text_anchor="end")
        x = float(LEFT)
        for nom, stages, colour in GROUPES:
            seconds = sum(one.etapes.get(stage, Duree()).secondes for stage in stages)
            width = seconds / most * (WIDTH - LEFT - RIGHT)
            bar = add(root, "rect", x=x, y=y, width=width, height=_BAR, fill=colour)
            add(bar, "title", f"{one.libelle}, {nom} : {millis(seconds)}")
            x += width
        add(root, "text", millis(_seconds(one.etapes)), class_="v", x=x + 6, y=y + 16)
        y += _STEP
    return y


def _draw_legend(root: etree._Element, y: int) -> int:
    for rank, (nom, _, colour) in enumerate(GROUPES):
        x, row = LEFT + 220 * (rank % 3), y + 22 * (rank // 3)
        add(root, "rect", x=x, y=row - 11, width=13, height=13, fill=colour)
        add(root, "text", nom, x=x + 19, y=row)
    return y + 22 * ((len(GROUPES) + 2) // 3)


def _draw_workers(root: etree._Element, travailleurs: Mapping[int, float], y: int) -> int:
    add(root, "text", "Factures par seconde, selon le nombre de travailleurs", class_="t", x=8, y=y)
    y += 14
    most = max(1 / seconds for seconds in travailleurs.values())
    for many, seconds in travailleurs.items():
        width = 1 / seconds / most * (WIDTH - LEFT - RIGHT)
        add(root, "text", str(many), x=LEFT - 8, y=y + 17, text_anchor="end")
        add(root, "rect", class_="w", x=LEFT, y=y, width=width, height=_BAR)
        add(root, "text", nombre(1 / seconds), class_="v", x=LEFT + width + 6, y=y + 16)
        y += _STEP
    return y


def _seconds(etapes: Mapping[str, Duree]) -> float:
    return sum(part.secondes for part in etapes.values())
