"""The parts of a workspace at work, put together from its configuration; nothing is begun here."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from edi.alertes.observation import Observation
from edi.alertes.veille import Veille
from edi.attendus.guet import Guet
from edi.attendus.lettre import Auteur, write_files
from edi.attendus.observation import Observation as Attendus
from edi.bilan.calcul import Deposant
from edi.bilan.tenue import Tenue
from edi.canaux import Canaux
from edi.collecte import Collecte, Rythme
from edi.console.gestes import Gestes
from edi.disjoncteur import Disjoncteur
from edi.espace import Espace, real_now
from edi.essai.dossier import Essais
from edi.essai.jugement import Tribunal
from edi.facsimile import find_document, make_facsimile
from edi.model import Emission, Facsimile, FactureDeposee, Fichier, Flux
from edi.outbound import emit, names
from edi.outbound.emit import Emitter
from edi.pipeline import Listen, Pipeline
from edi.presence import Presence
from edi.releve.service import Releves
from edi.settings import Settings
from edi.spool import Entry
from edi.store.database import reading
from edi.validators.scenarios import INTERFACES
from edi.wiring import machine_name, make_controle, make_engine, make_reforme, make_scanner

if TYPE_CHECKING:
    from edi.console.visite import Console

Tickets = Callable[[str], str]


def make_pipeline(espace: Espace, name: str, listen: Listen) -> Pipeline:
    """The stages of a flux; ``name`` is that of the process."""
    settings = espace.settings
    engine = make_engine(settings)
    return Pipeline(
        spool=espace.spool,
        base=espace.engine,
        engine=engine,
        deposants=settings.recepteurs,
        destinataires=settings.destinataires,
        interfaces=INTERFACES,
        limites=settings.as_limites(),
        politique=settings.as_politique(),
        emitter=Emitter(
            settings.plateforme.code_appli,
            settings.plateforme.libelle,
            settings.fuseau,
            settings.cycle_de_vie.statut_rejet,
            settings.cycle_de_vie.groupement,
            make_reforme(settings),
            make_controle(settings, engine, espace.regles.read, espace.now),
        ),
        tentatives=settings.collecte.tentatives,
        disjoncteur=Disjoncteur(espace.engine, settings.as_seuils(), espace.now),
        process_id=name,
        now=espace.now,
        listen=listen,
        packs=espace.regles.read,
        scanner=make_scanner(settings),
    )


def make_presence(espace: Espace, name: str) -> Presence:
    """This process among those that work here."""
    return Presence(
        base=espace.engine,
        spool=espace.spool,
        name=name,
        machine=machine_name(),
        pid=os.getpid(),
        ttl=timedelta(seconds=espace.settings.collecte.bail),
    )


def make_collecte(espace: Espace, taken: Callable[[Entry], Flux], give_ticket: Tickets) -> Collecte:
    """Who takes deposits from their folders; ``taken`` is told each of them."""
    settings = espace.settings
    collecte = settings.collecte
    return Collecte(
        spool=espace.spool,
        base=espace.engine,
        deposants=settings.partenaires,
        limites=settings.as_limites(),
        rythme=Rythme(collecte.observations, collecte.pas, collecte.attente_max),
        now=espace.now,
        monotonic=time.monotonic,
        give_ticket=give_ticket,
        taken=taken,
    )


def make_essais(espace: Espace, pipeline: Pipeline, releves: Releves, give_ticket: Tickets) -> Essais:
    """The folders ``test``, judged by the engine of the pipeline."""
    settings = espace.settings
    tribunal = Tribunal(
        base=espace.engine,
        engine=pipeline.engine,
        politique=settings.as_politique(),
        limites=settings.as_limites(),
        packs=espace.regles.read,
        scanner=pipeline.scanner,
        now=espace.now,
        fuseau=settings.fuseau,
        relecture=pipeline.relecture,
    )
    return Essais(
        spool=espace.spool,
        deposants=settings.deposants,
        limites=settings.as_limites(),
        observations=settings.collecte.observations,
        pas=settings.collecte.pas,
        fuseau=settings.fuseau,
        now=espace.now,
        monotonic=time.monotonic,
        give_ticket=give_ticket,
        other=releves.answer,
        judge=tribunal.judge,
    )


def make_canaux(
    espace: Espace,
    pipeline: Pipeline,
    give_ticket: Tickets,
    side_by_side: Callable[[Sequence[Callable[[], None]]], None],
    pause: Callable[[float], None],
    halted: Callable[[], bool],
) -> Canaux:
    """The servers of partners; whoever calls them lends its threads and its patience."""
    settings = espace.settings
    return Canaux(
        root=espace.root,
        serveurs=settings.serveurs,
        deposants=dict(settings.recepteurs),
        limite=settings.limites.flux,
        spool=espace.spool,
        base=espace.engine,
        give_ticket=give_ticket,
        make=pipeline.make,
        confirm=pipeline.confirm,
        build=pipeline.build,
        write=lambda one: write_files(one, settings.deposants[one.appli], make_auteur(settings)),
        now=espace.now,
        pause=pause,
        side_by_side=side_by_side,
        halted=halted,
    )


def make_veille(espace: Espace, halted: Callable[[], bool] = lambda: False) -> Veille:
    """Who looks after a workspace."""
    settings = espace.settings
    reglages = settings.as_alertes()
    url = espace.engine.url
    base = [Path(url.database)] if url.get_backend_name() == "sqlite" and url.database else []
    veille = Veille(
        base=espace.engine,
        spool=espace.spool,
        root=espace.root,
        reglages=reglages,
        observation=Observation(
            serveurs=settings.serveurs,
            deposants=sorted(code for code, d in settings.deposants.items() if d.raccordement_actif),
            disques=(espace.root / settings.espace.spool, *(path.parent for path in base)),
            canaux=[canal.nom for canal in (*reglages.canaux, *reglages.deposants)],
            seuils=settings.as_seuils(),
        ),
        plateforme=settings.plateforme.libelle,
        fuseau=settings.fuseau,
        now=espace.now,
        halted=halted,
    )
    veille.besides = make_guet(espace, veille).look
    return veille


def make_auteur(settings: Settings) -> Auteur:
    """Who writes to déposants of what is expected of them."""
    delai = timedelta(seconds=settings.attendus.delai)
    return Auteur(settings.plateforme.libelle, settings.fuseau, delai)


def make_guet(espace: Espace, veille: Veille) -> Guet:
    """Who looks after what is expected of déposants; its mails leave with the alerts."""
    settings = espace.settings
    return Guet(
        base=espace.engine,
        spool=espace.spool,
        deposants=settings.deposants,
        serveurs=settings.serveurs,
        auteur=make_auteur(settings),
        observation=Attendus(timedelta(seconds=settings.attendus.tolerance)),
        book=veille.book_mail,
        writes=frozenset(canal.pour for canal in veille.reglages.deposants),
        now=lambda: veille.now(),  # whoever moves its clock moves ours
    )


def make_tenue(espace: Espace, name: str = "") -> Tenue:
    """Who makes the reports of a workspace; ``name`` is that of the process."""
    settings = espace.settings
    return Tenue(
        spool=espace.spool,
        plateforme=settings.plateforme.libelle,
        fuseau=settings.fuseau,
        deposants={
            code: Deposant(d.libelle or code, d.siret or "") for code, d in settings.partenaires.items()
        },
        canaux=settings.as_alertes().canaux,
        process=name,
    )


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
        ),
    )
