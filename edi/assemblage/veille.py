"""Who looks after a workspace: alerts, what is expected of déposants, the reports of the nights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from edi.alertes.observation import Observation
from edi.alertes.veille import Veille
from edi.attendus.guet import Guet
from edi.attendus.lettre import Auteur
from edi.attendus.observation import Observation as Attendus
from edi.bilan.calcul import Deposant
from edi.bilan.tenue import Tenue
from edi.espace import Espace
from edi.settings import Settings


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
