"""Judging again: what it needs, and where its decisions are settled."""

from __future__ import annotations

from edi import wiring
from edi.assemblage.flux import make_feuilles
from edi.engine import JudgementEngine
from edi.espace import Espace
from edi.outbound.booking import Booking
from edi.rejeu.jugement import Rejeu
from edi.settlement import Settlement
from edi.validators.scenarios import INTERFACES


def make_settlement(espace: Espace) -> Settlement:
    """Where decisions are settled, as the configuration of the workspace asks for it."""
    settings = espace.settings
    code_appli, groupement = settings.plateforme.code_appli, settings.cycle_de_vie.groupement
    booking = Booking(
        code_appli, settings.recepteurs, settings.fuseau, groupement, wiring.make_reforme(settings)
    )
    connected = {one.siret: one for one in settings.destinataires.values()}
    politique = settings.as_politique()
    limites = settings.as_limites()
    return Settlement(
        espace.engine, settings.deposants, politique, booking, connected, espace.now, limites, INTERFACES
    )


def make_rejeu(espace: Espace, engine: JudgementEngine, par: str, raison: str = "") -> Rejeu:
    """A replay as the configuration of the workspace asks for it; ``par``: who asks for it, and why."""
    settings = espace.settings
    return Rejeu(
        base=espace.engine,
        spool=espace.spool,
        engine=engine,
        settlement=make_settlement(espace),
        deposants=settings.deposants,
        interfaces=INTERFACES,
        limites=settings.as_limites(),
        politique=settings.as_politique(),
        fuseau=settings.fuseau,
        packs=espace.regles.read(),
        feuilles=make_feuilles(espace),
        now=espace.now,
        par=par,
        raison=raison,
    )
