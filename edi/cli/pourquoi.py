"""``edi flux show --pourquoi``: the verdict once more, as it was given, and today's beside it. Only reads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

import typer

from edi import __version__, wiring
from edi.assemblage import make_feuilles
from edi.cli.affichage import console, make_progress, print_json
from edi.cli.designation import find_flux
from edi.cli.espace import Erreur, Espace, open_espace
from edi.cli.mains import read_confirmed, tell_confirmed
from edi.cli.raisons import Page
from edi.engine import JudgementEngine
from edi.espace import look_into
from edi.model import Deposant, Flux, Outcome, Reglage, Verdict
from edi.pourquoi.accord import Difference
from edi.pourquoi.chaine import Maillon
from edi.pourquoi.configuration import changes_since
from edi.pourquoi.dossier import read_dossier
from edi.pourquoi.explication import DuFlux, Explication, agrees, explain, explain_flux
from edi.pourquoi.rejouer import Passee, Pourquoi, Reponse
from edi.relecture import Relecture
from edi.store import flux as flux_store
from edi.store.database import reading, revisions
from edi.validators.scenarios import INTERFACES
from edi.validators.schema import SchemaUnavailable
from edi.validators.schematron.packs import PackUnavailable

_FEW = 3  # invoices whose chains are shown unasked


def show_pourquoi(ctx: typer.Context, ident: str, numero: str, *, en_json: bool) -> None:
    """Why a flux, or one of its invoices, was decided so."""
    espace = open_espace(ctx, look_into)
    _check_up_to_date(espace)
    _show(espace, find_flux(espace, ident), numero, en_json=en_json)
    espace.engine.dispose()  # SQLite puts its side files away with the last connection


def _show(espace: Espace, flux: Flux, numero: str, *, en_json: bool) -> None:
    flux, rappel = _first_delivery(espace, flux)
    if flux.nature != "factures":
        raise Erreur(f"le flux n° {flux.id} n'apporte pas de factures : il n'y a pas de verdict à rejouer")
    if flux.statut.en_cours and not _has_decided(espace, flux):
        raise Erreur(
            f"le flux n° {flux.id} n'est pas encore décidé ({flux.statut.libelle}) : « edi flux show "
            f"{flux.id} » dit ce qu'il attend"
        )
    try:
        with closing(wiring.make_engine(espace.settings)) as engine, make_progress() as progress:
            task = progress.add_task("Rejeu", total=None)
            pourquoi = make_pourquoi(espace, engine, lambda done: progress.update(task, completed=done))
            reponse = pourquoi.answer(flux)
    except (PackUnavailable, SchemaUnavailable) as error:
        raise Erreur(f"le rejeu n'a pas pu se faire : {error}") from error
    explications = list(explain(reponse, espace.settings.fuseau))
    du_flux = explain_flux(reponse)
    wanted = [one for one in explications if numero in ("", one.decidee.facture.numero)]
    if numero and not wanted:
        known = ", ".join(one.decidee.facture.numero for one in explications[:10]) or "aucune"
        raise Erreur(f"le flux n° {flux.id} n'a pas de facture « {numero} » ; factures décidées : {known}")
    mains = read_confirmed(espace, flux.id)
    if en_json:
        hands = [{**asdict(one), "doutes": [d.code for d in one.doutes]} for one in mains]
        print_json({**_as_json(reponse, wanted, du_flux, rappel), "a_la_main": hands})
        return
    Page(espace, reponse).show(wanted, du_flux, rappel, detail=bool(numero) or len(wanted) <= _FEW)
    for line in tell_confirmed(mains):
        console.print(line, markup=False, soft_wrap=True)


def make_pourquoi(espace: Espace, engine: JudgementEngine, listen: Any = lambda done: None) -> Pourquoi:
    """A replay with the configuration of the workspace beside that of then."""
    settings = espace.settings

    def reglage(appli: str) -> Reglage:
        deposant = settings.deposants.get(appli, Deposant(appli, raccordement_actif=False))
        politique, limites = settings.as_politique(), settings.as_limites()
        return Reglage(politique, limites, deposant, INTERFACES, __version__)

    return Pourquoi(
        base=espace.engine,
        spool=espace.spool,
        engine=engine,
        reglages=reglage,
        fuseau=settings.fuseau,
        packs=espace.regles.read(),
        now=espace.now,
        relecture=Relecture(espace.spool, INTERFACES, settings.as_limites()),
        confiance=make_feuilles(espace).current(),
        listen=listen,
    )


def _check_up_to_date(espace: Espace) -> None:
    """Nothing is migrated to answer a question. Raises Erreur."""
    with reading(espace.engine) as conn:
        seen, head = revisions(conn)
    if seen != head:
        raise Erreur(
            "la base de données attend sa mise à jour, que « edi run » ou « edi serve » fait à son démarrage"
        )


def _has_decided(espace: Espace, flux: Flux) -> bool:
    with reading(espace.engine) as conn:
        return bool(read_dossier(conn, flux).decidees)


def _first_delivery(espace: Espace, flux: Flux) -> tuple[Flux, int | None]:
    """The delivery that was judged, and the reminder of it that was asked for."""
    if flux.rappel_de is None:
        return flux, None
    with reading(espace.engine) as conn:
        return flux_store.get(conn, flux.rappel_de), flux.id


# -- for programs -----------------------------------------------------------------------------------------


def _as_json(
    reponse: Reponse, wanted: Sequence[Explication], du_flux: Sequence[DuFlux], rappel: int | None
) -> dict[str, Any]:
    flux = reponse.dossier.flux
    return {
        "id": flux.id,
        "idflux": flux.idflux,
        "nom": flux.nom,
        "appli": flux.appli,
        "statut": flux.statut.name,
        "recu_le": flux.recu_le,
        "rappel": rappel,
        "aujourd_hui_le": reponse.le,
        "rejeu_impossible": reponse.raison,
        "jugements": [_pass_as_json(passee, reponse) for passee in reponse.passees],
        "accord": agrees(wanted, du_flux),
        "flux": [
            {
                "fichier": one.fichier,
                "alors": [finding.code for finding in one.alors],
                "aujourd_hui": [finding.code for finding in one.aujourd_hui],
                "differences": [_difference_as_json(d) for d in one.differences],
            }
            for one in du_flux
        ],
        "factures": [_facture_as_json(one) for one in wanted],
    }


def _pass_as_json(passee: Passee, reponse: Reponse) -> dict[str, Any]:
    jugement = passee.jugement
    return {
        "le": passee.le,
        "jour": jugement.jour if jugement else None,
        "version": jugement.reglage.version if jugement and jugement.reglage else "",
        "rejoue": passee.vue is not None,
        "jeux_manquants": [pack._asdict() for pack in passee.manquants],
        "reserves": list(passee.reserves),
        "configuration_changee": [change._asdict() for change in changes_since(passee, reponse)],
        "factures": [one.facture.numero for one in passee.decidees],
    }


def _facture_as_json(one: Explication) -> dict[str, Any]:
    decidee = one.decidee
    outcome = Verdict(decidee.findings).outcome
    return {
        "numero": decidee.facture.numero,
        "fichier": decidee.place[0],
        "decidee_le": decidee.le,
        "acceptee": outcome is Outcome.ACCEPTED,
        "decision": one.decision,
        "aujourd_hui": one.aujourd_hui,
        "change": one.change,
        "rejouee": one.rejouee,
        "differences": [_difference_as_json(d) for d in one.differences],
        "version": one.version,
        "acceptee_par_rejeu_le": one.rejeu_le,
        "chaine_du_rejeu": [{"etape": m.etape, **_link_as_json(m)} for m in one.rejeu],
        "chaine": [
            {
                "etape": paire.alors.etape,
                "question": paire.alors.question,
                "alors": _link_as_json(paire.alors),
                "aujourd_hui": _link_as_json(paire.aujourd_hui) if paire.aujourd_hui else None,
                "change": paire.change,
            }
            for paire in one.paires
        ],
    }


def _link_as_json(maillon: Maillon) -> dict[str, Any]:
    codes = [finding.code for finding in maillon.findings]
    return {"cadre": maillon.cadre, "reponse": maillon.reponse, "codes": codes}


def _difference_as_json(one: Difference) -> dict[str, Any]:
    return {"code": one.finding.code, "enregistre": one.enregistre, "message": one.finding.message}
