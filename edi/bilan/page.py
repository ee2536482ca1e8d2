"""The report as one HTML file that needs nothing else: for a browser, a mail, a sheet of paper. Pure."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from edi.bilan import mots, phrases
from edi.bilan.appels import find_calls
from edi.bilan.chiffres import Bilan
from edi.bilan.consignes import find_consignes, headline
from edi.bilan.graphe import write_svg
from edi.bilan.ordres import Qui

CAUSES = 8  # told one by one; the others are named


def write_page(bilan: Bilan, zone: ZoneInfo) -> str:
    """The whole page."""
    return _write("page.html", bilan, zone, styled=True)


def write_body(bilan: Bilan, zone: ZoneInfo) -> str:
    """What stands in the page, without any style, for another page that has its own."""
    return _write("corps.html", bilan, zone, styled=False)


def _write(gabarit: str, bilan: Bilan, zone: ZoneInfo, *, styled: bool) -> str:
    consignes = find_consignes(bilan, zone)
    history = bilan.historique
    return (
        _environment()
        .get_template(gabarit)
        .render(
            bilan=bilan,
            zone=zone,
            titre=phrases.title(bilan),
            consignes=consignes,
            entete=headline(bilan, consignes),
            appelees=find_calls(bilan),
            calme=all(one.qui is Qui.PERSONNE for one in consignes),
            lignes=[ligne for ligne in bilan.lignes if phrases.trouble(ligne)],
            calmes=[ligne for ligne in bilan.lignes if not phrases.trouble(ligne)],
            causes=bilan.causes[:CAUSES],
            autres=bilan.causes[CAUSES:],
            graphe=Markup(write_svg(history, styled=styled)) if len(history) > 1 else "",
        )
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("edi.bilan", "gabarits"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "nombre": mots.nombre,
        "montant": mots.montant,
        "pourcent": mots.pourcent,
        "duree": mots.duree,
        "liste": mots.liste,
        "fine": mots.fine,
    }
    made.globals |= {
        "combien": mots.combien,
        "moment": mots.moment,
        "phrases": phrases,
    }
    return made
