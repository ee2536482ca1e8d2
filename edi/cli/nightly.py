"""``edi nightly``: the jobs of the night, their due dates, their runs."""

from __future__ import annotations

from typing import Annotated

import typer

from edi.bilan import chiffres
from edi.bilan.consignes import find_consignes, headline
from edi.bilan.phrases import command
from edi.bilan.tenue import stem_of
from edi.cli.affichage import print_json
from edi.cli.espace import Erreur, Espace, open_espace, record_act, user_name
from edi.cli.passages import (
    as_json,
    as_json_situation,
    print_coming,
    print_passages,
    print_situations,
    say,
    show_moment,
)
from edi.cli.progres import followed
from edi.gestes.nuits import pause_night, resume_night
from edi.model import Echeance, Issue, Passage, Tache
from edi.nuit import etats
from edi.nuit.echeances import next_due, remark
from edi.nuit.passages import Tour
from edi.store import bilans, passages

app = typer.Typer(no_args_is_help=True, help="Les tâches de nuit : échéances, passages, pause.")

Nom = Annotated[str, typer.Argument(metavar="NOM", help="La tâche, par le nom de la configuration.")]
PeutEtreNom = Annotated[str, typer.Argument(metavar="[NOM]", help="Une seule tâche ; sinon toutes.")]
Raison = Annotated[str, typer.Option("--raison", help="Pourquoi : elle est écrite au journal.")]
EnJson = Annotated[bool, typer.Option("--json", help="Résultat en JSON.")]


@app.command("run")
def run(
    ctx: typer.Context,
    nom: PeutEtreNom = "",
    forcer: Annotated[
        bool, typer.Option("--forcer", help="Faire un passage de NOM même si rien n'est dû.")
    ] = False,
    en_json: EnJson = False,
) -> None:
    """Fait les passages dus, rattrapages compris. Code de retour : 1 quand l'un a des défauts."""
    if forcer and not nom:
        raise Erreur("« --forcer » demande le nom d'une tâche")
    run_jobs(ctx, nom, forcer=forcer, en_json=en_json)


def run_jobs(ctx: typer.Context, nom: str, *, forcer: bool, en_json: bool) -> None:
    """Make what is due of one job or of all, and tell it; exits with 1 when a run has faults."""
    espace = open_espace(ctx)
    chosen = _chosen(espace, nom)
    if forcer:
        record_act(espace, "nuit-forcee", nom)
    with followed(espace, shown=not en_json) as application:
        tour = application.run_jobs([tache.nom for tache in chosen], forced=forcer)
    if tour.faits:
        application.look()  # the reports leave
    if en_json:
        print_json([as_json(passage) for passage in (*tour.faits, *tour.ailleurs)])
    else:
        _print_tour(espace, chosen, tour)
    if any(passage.issue is not Issue.REUSSI for passage in tour.faits):
        raise typer.Exit(1)


def _print_tour(espace: Espace, chosen: list[Tache], tour: Tour) -> None:
    for passage in tour.ailleurs:
        since = show_moment(espace, passage.debut)
        say(f"« {passage.tache} » est déjà à l'ouvrage depuis le {since} ({passage.processus}).")
    if tour.faits:
        print_passages(espace, tour.faits)
        for passage in tour.faits:
            _tell_report(espace, passage)
    elif not tour.ailleurs:
        say("Rien n'est dû.")
        print_coming(espace, _coming(espace, chosen, 1))


def _tell_report(espace: Espace, passage: Passage) -> None:
    """What a run asks for, and where it is told; nothing of a job without a report."""
    with espace.engine.begin() as conn:
        kept = bilans.kept(conn, passage.id)
    if kept is not None:
        bilan = chiffres.read(kept)
        todo = headline(bilan, find_consignes(bilan, espace.settings.fuseau))
        say(f"{todo} ; le rapport : « {command(bilan)} » ou spool/rapports/{stem_of(bilan.entete)}.html")


@app.command("list")
def list_all(
    ctx: typer.Context,
    nom: PeutEtreNom = "",
    limite: Annotated[int, typer.Option(min=1, help="Échéances montrées, les dernières d'abord.")] = 30,
    en_json: EnJson = False,
) -> None:
    """Les tâches et leur état ; avec NOM, ses échéances passées et ce qu'il en est advenu."""
    espace = open_espace(ctx)
    chosen = _chosen(espace, nom)
    with espace.engine.begin() as conn:
        past = passages.latest(conn, nom, limite) if nom else ()
        rows = [etats.look_at(conn, tache, espace.now()) for tache in chosen]
    if nom and en_json:
        print_json([as_json(passage) for passage in past])
    elif nom:
        print_passages(espace, past)
    elif en_json:
        print_json([as_json_situation(row) for row in rows])
    else:
        print_situations(espace, rows)


@app.command("next")
def show_next(
    ctx: typer.Context,
    nom: PeutEtreNom = "",
    nombre: Annotated[int, typer.Option("--nombre", "-n", min=1, max=400, help="Échéances par tâche.")] = 7,
    en_json: EnJson = False,
) -> None:
    """Les prochaines échéances, jours fériés et changements d'heure compris."""
    espace = open_espace(ctx)
    coming = _coming(espace, _chosen(espace, nom), nombre)
    if en_json:
        print_json([{"tache": t.nom, **due._asdict(), "remarque": remark(t, due)} for t, due in coming])
    else:
        print_coming(espace, coming)


@app.command("pause")
def pause(ctx: typer.Context, nom: Nom, raison: Raison) -> None:
    """Ne commence plus de passage ; celui qui est en cours va à son terme."""
    espace = open_espace(ctx)
    _chosen(espace, nom)
    etat = pause_night(espace, nom, raison, user_name())
    since = show_moment(espace, etat.pause_le)
    say(f"« {nom} » est en pause depuis le {since} ; « edi nightly resume {nom} » la reprend.")


@app.command("resume")
def resume(
    ctx: typer.Context,
    nom: Nom,
    raison: Raison,
    rattraper: Annotated[
        bool, typer.Option("--rattraper", help="Rattraper en un passage les échéances de la pause.")
    ] = False,
) -> None:
    """Reprend une tâche. Les échéances de la pause ne sont pas rattrapées ; les relevés dus le sont."""
    espace = open_espace(ctx)
    _chosen(espace, nom)
    tache, passed = resume_night(espace, nom, raison, user_name(), rattraper=rattraper)
    what = "à rattraper au prochain passage" if rattraper else "sans rattrapage"
    say(f"« {nom} » reprend ; échéances passées pendant la pause : {len(passed)}, {what}.")
    print_coming(espace, _coming(espace, [tache], 1))


def _chosen(espace: Espace, nom: str) -> list[Tache]:
    """One job, or all of them. Raises Erreur."""
    known = espace.settings.taches
    if not known:
        raise Erreur("aucune tâche de nuit n'est déclarée : ajoutez un bloc [[nuit]] à config/edi.toml")
    if nom and nom not in known:
        raise Erreur(f"la tâche « {nom} » n'est pas déclarée ; tâches déclarées : {', '.join(known)}")
    return [known[nom]] if nom else list(known.values())


def _coming(espace: Espace, chosen: list[Tache], many: int) -> list[tuple[Tache, Echeance]]:
    """The due dates to come, the nearest first."""
    now, found = espace.now(), []
    with espace.engine.begin() as conn:
        for tache in chosen:
            etat = etats.look_at(conn, tache, now).etat
            found += [(tache, due) for due in next_due(tache, etat.couverte, now, many)]
    return sorted(found, key=lambda one: (one[1].ouvre, one[0].nom))
