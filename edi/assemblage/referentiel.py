"""What the pages may have done to the annuaire and to mandats."""

from __future__ import annotations

from functools import partial

from edi.console.gestes import Referentiel
from edi.espace import Espace
from edi.gestes import annuaire, mandats
from edi.rejeu.apercu import count_cured
from edi.store.database import reading


def make_referentiel(espace: Espace) -> Referentiel:
    """The acts on the registry of a workspace."""

    def count() -> int:
        settings = espace.settings
        with reading(espace.engine) as conn:
            return count_cured(
                conn, settings.as_politique(), settings.as_limites(), settings.deposants, espace.today()
            )

    return Referentiel(
        correct=partial(annuaire.correct, espace),
        release=partial(annuaire.release, espace),
        give_mandat=partial(mandats.give, espace),
        act_on_mandat=partial(mandats.act, espace),
        count_cured=count,
    )
