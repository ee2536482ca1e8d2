"""The way of a flux: who takes it, judges it, answers it, and who tries without depositing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from edi.assemblage.veille import make_auteur
from edi.attendus.lettre import write_files
from edi.canaux import Canaux
from edi.collecte import Collecte, Rythme
from edi.confiance import Feuilles
from edi.disjoncteur import Disjoncteur
from edi.espace import Espace
from edi.essai.dossier import Essais
from edi.essai.jugement import Tribunal
from edi.model import Flux
from edi.outbound.emit import Emitter
from edi.pipeline import Listen, Pipeline
from edi.presence import Presence
from edi.releve.service import Releves
from edi.spool import Entry
from edi.validators.scenarios import INTERFACES
from edi.wiring import machine_name, make_controle, make_engine, make_reforme, make_scanner

Tickets = Callable[[str], str]


def make_pipeline(espace: Espace, name: str, listen: Listen) -> Pipeline:
    """The stages of a flux; ``name`` is that of the process."""
    settings = espace.settings
    engine, feuilles = make_engine(settings), make_feuilles(espace)
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
            make_controle(settings, engine, espace.regles.read, espace.now, feuilles.current, feuilles.note),
        ),
        tentatives=settings.collecte.tentatives,
        disjoncteur=Disjoncteur(espace.engine, settings.as_seuils(), espace.now),
        feuilles=feuilles,
        process_id=name,
        now=espace.now,
        listen=listen,
        packs=espace.regles.read,
        scanner=make_scanner(settings),
    )


def make_feuilles(espace: Espace) -> Feuilles:
    """How far the compiled form of each official sheet is trusted in this workspace."""
    return Feuilles(espace.engine, espace.settings.regles.as_reglages(), espace.now)


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


def make_tribunal(espace: Espace, pipeline: Pipeline) -> Tribunal:
    """Who judges without depositing, by the engine of the pipeline."""
    settings = espace.settings
    return Tribunal(
        base=espace.engine,
        engine=pipeline.engine,
        politique=settings.as_politique(),
        limites=settings.as_limites(),
        packs=espace.regles.read,
        scanner=pipeline.scanner,
        now=espace.now,
        fuseau=settings.fuseau,
        relecture=pipeline.relecture,
        confiance=pipeline.feuilles.current,
        note=pipeline.feuilles.note,
    )


def make_essais(espace: Espace, pipeline: Pipeline, releves: Releves, give_ticket: Tickets) -> Essais:
    """The folders ``test``, judged by the engine of the pipeline."""
    settings = espace.settings
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
        judge=make_tribunal(espace, pipeline).judge,
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
        make=pipeline.sortie.make,
        confirm=pipeline.sortie.confirm,
        build=pipeline.sortie.build,
        write=lambda one: write_files(one, settings.deposants[one.appli], make_auteur(settings)),
        now=espace.now,
        pause=pause,
        side_by_side=side_by_side,
        halted=halted,
    )
