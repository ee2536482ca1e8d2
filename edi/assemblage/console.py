"""The operators' pages: what they are made of, and the few things that they may have done."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from edi.assemblage.rejeux import Rejeux
from edi.catalogue import FAMILLES, find_card, sentence, subject
from edi.console.gestes import Gestes
from edi.espace import Espace, real_now
from edi.facsimile import find_document, make_facsimile
from edi.model import Emission, Explication, Facsimile, FactureDeposee, Fichier
from edi.outbound import emit, names
from edi.pipeline import Pipeline
from edi.store.database import reading

if TYPE_CHECKING:
    from edi.console.visite import Console


def make_console(espace: Espace, pipeline: Pipeline) -> Console:
    """What the operators' pages are made of, and the few things that they may have done."""
    from edi.console.visite import Console  # FastAPI is slow to load, and most commands show no page

    def make_retour(emission: Emission) -> bytes | None:
        # Not pipeline.make: what left was controlled then, and the engine is not at the disposal of readers.
        if emission.interface == names.PIVOT:
            made = pipeline.remise.make(emission)
            data = None if made is None else made[0]
        else:
            with reading(espace.engine) as conn:
                data = emit.build(conn, emission, pipeline.emitter, pipeline.deposants)
        same = data is not None and emission.sha256 in ("", hashlib.sha256(data).hexdigest())
        return data if same else None

    def show_facture(deposee: FactureDeposee) -> Facsimile | None:
        with reading(espace.engine) as conn:
            return make_facsimile(conn, pipeline.relecture, deposee)

    def give_document(deposee: FactureDeposee, piece: int | None) -> Fichier | None:
        with reading(espace.engine) as conn:
            return find_document(conn, pipeline.relecture, deposee, piece)

    settings, rejeux = espace.settings, Rejeux(espace)
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
            explain_rule=explain_rule,
            try_replay=rejeux.try_out,
            accept_replay=rejeux.accept,
            is_replaying=rejeux.lives,
            close=rejeux.close,
        ),
    )


def explain_rule(code: str) -> Explication | None:
    """What a rule of ours says and asks for; None for an official one, which its findings explain."""
    card = find_card(code)
    if card is None:
        return None
    famille = FAMILLES[subject(card.code)]
    phrase, remede = (sentence(text).replace("….", "…") for text in (card.message, card.fix))
    return Explication(famille, phrase, remede, card.citation)
