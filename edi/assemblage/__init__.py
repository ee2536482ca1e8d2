"""The parts of a workspace at work, put together from its configuration; nothing is begun here."""

from edi.assemblage.console import make_console, remake
from edi.assemblage.flux import (
    make_canaux,
    make_collecte,
    make_essais,
    make_feuilles,
    make_pipeline,
    make_presence,
)
from edi.assemblage.rejeu import make_rejeu, make_settlement
from edi.assemblage.veille import make_auteur, make_guet, make_tenue, make_veille

__all__ = [
    "make_auteur",
    "make_canaux",
    "make_collecte",
    "make_console",
    "make_essais",
    "make_feuilles",
    "make_guet",
    "make_pipeline",
    "make_presence",
    "make_rejeu",
    "make_settlement",
    "make_tenue",
    "make_veille",
    "remake",
]
