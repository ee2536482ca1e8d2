"""The operators' pages: what they are made of, and the few things that they may have done."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from edi.assemblage.manuel import make_manuel
from edi.assemblage.plateforme import make_plateforme
from edi.assemblage.referentiel import make_referentiel
from edi.assemblage.rejeux import Rejeux
from edi.catalogue import FAMILLES, find_card, sentence, subject
from edi.console.gestes import Gestes
from edi.espace import Espace, real_now
from edi.facsimile import find_document, make_facsimile
from edi.feuillets.tirage import Tirage
from edi.gestes import alertes, comptes, jugement_main, quarantaine, relance, renvoi, retenue
from edi.gestes.jetons import create_jeton, revoke_jeton
from edi.model import Emission, Explication, Facsimile, FactureDeposee, Fichier, ReglagesOidc
from edi.outbound import emit, names
from edi.pipeline import Pipeline
from edi.sftp import SecretUnusable
from edi.sftp.session import read_secret
from edi.store.database import reading
from edi.wiring import tickets

if TYPE_CHECKING:
    from edi.console.oidc import Fournisseur
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

    settings, tirage, rejeux = espace.settings, Tirage(), Rejeux(espace)
    reglages = settings.console.as_reglages()
    return Console(
        base=espace.engine,
        reglages=reglages,
        plateforme=settings.plateforme.libelle,
        fuseau=settings.fuseau,
        deposants={code: d.libelle for code, d in settings.recepteurs.items()},
        now=espace.now,
        horloge=real_now,
        gestes=Gestes(
            find_blob=espace.spool.blob,
            make_facsimile=show_facture,
            find_document=give_document,
            describe_pdf=tirage.describe,
            draw_pdf=tirage.draw,
            make_retour=make_retour,
            plateforme=make_plateforme(espace),
            manuel=make_manuel(espace, pipeline),
            referentiel=make_referentiel(espace),
            create_jeton=partial(create_jeton, espace),
            revoke_jeton=partial(revoke_jeton, espace),
            set_access=lambda who, actif, par: comptes.set_access(espace, who, par, actif=actif),
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
            explain_rule=explain_rule,
            try_replay=rejeux.try_out,
            accept_replay=rejeux.accept,
            is_replaying=rejeux.lives,
            close=rejeux.close,
        ),
        oidc=make_fournisseur(espace, reglages.oidc) if reglages.oidc else None,
    )


def make_fournisseur(espace: Espace, reglages: ReglagesOidc) -> Fournisseur:
    """The identity provider of the console; its secret is read at each login."""
    from edi.console.oidc import Fournisseur, NonReconnu  # slow to load too

    def find_secret() -> str:
        try:
            return read_secret(reglages.secret, espace.root)
        except SecretUnusable as error:
            raise NonReconnu(f"La console n'est pas prête pour cela : {error}.", "secret") from error

    autorites = str(espace.root / reglages.autorites) if reglages.autorites else None
    return Fournisseur(reglages, find_secret, autorites, real_now)


def explain_rule(code: str) -> Explication | None:
    """What a rule of ours says and asks for; None for an official one, which its findings explain."""
    card = find_card(code)
    if card is None:
        return None
    famille = FAMILLES[subject(card.code)]
    phrase, remede = (sentence(text) for text in (card.message, card.fix))
    return Explication(famille, phrase, remede, card.citation)
