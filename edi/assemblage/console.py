"""The operators' pages: what they are made of, and the few things that they may have done."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from edi.console.gestes import Gestes
from edi.espace import Espace, real_now
from edi.facsimile import find_document, make_facsimile
from edi.gestes import alertes, jugement_main, quarantaine, relance, renvoi, retenue
from edi.model import Emission, Facsimile, FactureDeposee, Fichier
from edi.outbound import emit, names
from edi.pipeline import Pipeline
from edi.store.database import reading
from edi.wiring import tickets

if TYPE_CHECKING:
    from edi.console.visite import Console


def remake(espace: Espace, pipeline: Pipeline, emission: Emission) -> bytes | None:
    """The very bytes of a return flow that has left; None when it would not be the same any more."""
    # Not pipeline.make: what left was controlled then, and the engine is not at the disposal of readers.
    if emission.interface == names.PIVOT:
        made = pipeline.remise.make(emission)
        data = None if made is None else made[0]
    else:
        with reading(espace.engine) as conn:
            data = emit.build(conn, emission, pipeline.emitter, pipeline.deposants)
    same = data is not None and emission.sha256 in ("", hashlib.sha256(data).hexdigest())
    return data if same else None


def make_console(espace: Espace, pipeline: Pipeline) -> Console:
    """What the operators' pages are made of, and the few things that they may have done."""
    from edi.console.visite import Console  # FastAPI is slow to load, and most commands show no page

    make_retour = partial(remake, espace, pipeline)

    def show_facture(deposee: FactureDeposee) -> Facsimile | None:
        with reading(espace.engine) as conn:
            return make_facsimile(conn, pipeline.relecture, deposee)

    def give_document(deposee: FactureDeposee, piece: int | None) -> Fichier | None:
        with reading(espace.engine) as conn:
            return find_document(conn, pipeline.relecture, deposee, piece)

    settings = espace.settings
    return Console(
        base=espace.engine,
        reglages=settings.console.as_reglages(),
        plateforme=settings.plateforme.libelle,
        fuseau=settings.fuseau,
        deposants={code: d.libelle for code, d in settings.recepteurs.items()},
        now=espace.now,
        horloge=real_now,
        gestes=Gestes(
            find_blob=espace.spool.blob,
            make_facsimile=show_facture,
            find_document=give_document,
            make_retour=make_retour,
            send_again=partial(renvoi.send_again, espace, make_retour),
            relaunch=partial(relance.relaunch, espace),
            take_up=partial(quarantaine.take_up, espace, tickets()),
            abandon=partial(quarantaine.abandon, espace),
            hold_flux=partial(retenue.hold_flux, espace),
            hold_deposant=partial(retenue.hold_deposant, espace),
            release=partial(retenue.release, espace),
            propose=partial(jugement_main.propose, espace),
            answer=partial(jugement_main.answer, espace),
            withdraw=partial(jugement_main.withdraw, espace),
            motifs=jugement_main.rejection_motifs(),
            look_after=partial(alertes.look_after, espace),
            say_of_rule=partial(alertes.say_of_rule, espace),
        ),
    )
