"""The pages of the platform: where they find how it stands, and the acts that they may have done."""

from __future__ import annotations

from functools import partial

from edi.console.gestes import Plateforme
from edi.espace import Espace
from edi.gestes.nuits import pause_night, resume_night
from edi.plateforme import catalogue, deposants, nuits, regles


def make_plateforme(espace: Espace) -> Plateforme:
    """How the platform stands, and what people do to it."""
    return Plateforme(
        deposants=partial(deposants.list_deposants, espace),
        canaux=partial(deposants.list_canaux, espace),
        attendus=partial(deposants.list_attendus, espace),
        jeux=partial(regles.list_jeux, espace),
        compare=partial(regles.compare_version, espace),
        catalogue=partial(catalogue.read_catalogue, espace),
        nuits=partial(nuits.look_at_nights, espace),
        rapport=partial(nuits.write_report, espace),
        pause_nuit=partial(pause_night, espace),
        reprend_nuit=lambda nom, raison, par, rattraper: resume_night(
            espace, nom, raison, par, rattraper=rattraper
        ),
    )
