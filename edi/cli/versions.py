"""``edi rules install``, ``activate``, ``retirer``: the operator's newer versions of official rules."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from edi import wiring
from edi.cli.affichage import console, make_progress, print_table
from edi.cli.espace import Erreur, Espace, open_espace, record_act
from edi.cli.packs import known_packs
from edi.cli.usage import tell_system
from edi.engine import EngineFailed
from edi.outbound.phrases import count
from edi.regles import differences, examen
from edi.regles.examen import Proposal
from edi.regles.versions import VersionRefused
from edi.store import flux as flux_store
from edi.validators.schematron.packs import Pack, Packs, PackUnavailable, pack_on

Jeu = Annotated[str, typer.Argument(metavar="JEU", help="Jeu de règles, par exemple en16931-ubl.")]
Depuis = Annotated[str, typer.Option("--depuis", metavar="AAAA-MM-JJ", help="Premier jour des factures.")]


def read_day(text: str, option: str) -> date | None:
    """The day of an option, None when it was not given. Raises Erreur."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day, not an instant
    except ValueError:
        raise Erreur(
            f"« {text} » n'est pas un jour pour {option} : écrivez AAAA-MM-JJ, par exemple 2026-09-01"
        ) from None


def install(
    ctx: typer.Context,
    fichier: Annotated[Path, typer.Argument(metavar="FICHIER", help="Feuille officielle, .xslt ou .xsl.")],
    jeu: Annotated[str, typer.Option("--jeu", metavar="ID", help="Jeu de règles dont c'est une version.")],
    version: Annotated[str, typer.Option("--version", metavar="V", help="Version que ce fichier apporte.")],
    avec: Annotated[
        list[Path] | None, typer.Option("--avec", metavar="FICHIER", help="Fichier que la feuille lit.")
    ] = None,
    feuille: Annotated[
        str,
        typer.Option(help="Feuille remplacée, pour un jeu de plusieurs feuilles ; « toutes » pour toutes."),
    ] = "",
    depuis: Depuis = "",
) -> None:
    """Installe une version plus récente d'un jeu officiel, comme candidat : elle ne juge encore rien."""
    espace = open_espace(ctx)
    packs, jour = known_packs(ctx), read_day(depuis, "--depuis")
    try:
        before = _in_force(packs, jeu, espace.today())
        beside = _read_beside(fichier, avec or [])
        proposal = Proposal(jeu, version, fichier.name, _read(fichier), beside, jour, feuille)
        candidate = examen.propose(proposal, packs, before, espace.today())
        candidate = espace.regles.keep(candidate, proposal.files)
        candidate = _compile(espace, candidate)
        espace.regles.record(candidate)
        record_act(espace, "regles-installees", candidate.source, fichier=fichier.name)
    except (VersionRefused, PackUnavailable) as refused:
        raise Erreur(str(refused)) from refused
    _tell_installed(before, candidate)


def activate(
    ctx: typer.Context,
    jeu: Jeu,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Version candidate.")],
    depuis: Depuis = "",
) -> None:
    """Met une version candidate en vigueur pour les factures datées d'un jour et des suivants."""
    espace = open_espace(ctx)
    try:
        jour = read_day(depuis, "--depuis") or _intended_day(espace.regles.find(jeu, version))
        pack = espace.regles.activate(jeu, version, jour)
        with espace.engine.begin() as conn:
            flux_store.wake(conn, espace.now())  # some may have waited for another version
        record_act(espace, "regles-activees", pack.source, depuis=jour.isoformat())
    except (VersionRefused, PackUnavailable) as refused:
        raise Erreur(str(refused)) from refused
    console.print(
        f"{pack.id} {pack.version} juge les factures datées du {jour:%d/%m/%Y} et d'après ; "
        "les factures déjà jugées ne le sont pas de nouveau.",
        markup=False,
        soft_wrap=True,
    )


def retire(
    ctx: typer.Context,
    jeu: Jeu,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Version candidate ou à venir.")],
) -> None:
    """Revient en arrière : une version à venir redevient candidate, une version candidate est retirée."""
    espace = open_espace(ctx)
    try:
        left = espace.regles.retire(jeu, version, espace.today())
        record_act(espace, "regles-retirees", f"{jeu} {version}")
    except (VersionRefused, PackUnavailable) as refused:
        raise Erreur(str(refused)) from refused
    became = (
        "est de nouveau candidate : elle ne jugera rien" if left else "est retirée ; ses fichiers restent"
    )
    console.print(f"La version {version} du jeu {jeu} {became}.", markup=False, soft_wrap=True)


# -- steps ------------------------------------------------------------------------------------------------


def _in_force(packs: Packs, jeu: str, jour: date) -> Pack:
    if jeu not in packs:
        raise Erreur(f"le jeu de règles « {jeu} » est inconnu ; jeux connus : {', '.join(packs)}")
    return pack_on(jeu, jour, packs)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Erreur(tell_system(error)) from error


def _read_beside(fichier: Path, paths: Sequence[Path]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in paths:
        if path.name in found or path.name == fichier.name:
            raise Erreur(f"deux fichiers se nomment « {path.name} »")
        found[path.name] = _read(path)
    return found


def _compile(espace: Espace, candidate: Pack) -> Pack:
    """The candidate once Saxon has compiled its sheets, in a worker that may die. Raises VersionRefused."""
    with closing(wiring.make_engine_here(espace.settings)) as engine, make_progress() as progress:
        progress.add_task(f"Compilation de {candidate.source}", total=None)
        try:
            fault, rewritten = engine.submit(examen.compile_sheets, candidate).result()
        except EngineFailed as failure:
            fault, rewritten = str(failure), False
    if fault:
        raise VersionRefused(f"la feuille ne se compile pas : {fault}")
    return candidate if rewritten else examen.without_rewriting(candidate)


def _intended_day(pack: Pack) -> date:
    if pack.valid_from == date.min:
        raise Erreur("dites par --depuis AAAA-MM-JJ le premier jour des factures que cette version juge")
    return pack.valid_from


def _tell_installed(before: Pack, candidate: Pack) -> None:
    changes = differences.list_changes(before, candidate)
    lacking = differences.lacking_cards(candidate)
    natures = [change.nature for change in changes]
    say = [
        f"{candidate.id} {candidate.version} est installée comme candidat : elle ne juge encore rien.",
        f"{count(differences.count_asserts(candidate), 'règle', 'règles')} ; par rapport à la version "
        f"{before.version} : {count(natures.count('nouvelle'), 'nouvelle', 'nouvelles')}, "
        f"{count(natures.count('disparue'), 'disparue', 'disparues')}, "
        f"{count(natures.count('modifiée'), 'modifiée', 'modifiées')} ; "
        f"{count(len(lacking), 'code sans texte français', 'codes sans texte français')}.",
    ]
    if not all(part.sheet.rewrite for part in candidate.parts if not part.sheet.package):
        say.append("Saxon ne compile pas sa forme accélérée : la feuille sera appliquée telle quelle.")
    for line in say:
        console.print(line, markup=False, soft_wrap=True)
    told = {change.code for change in changes}
    rows = [(c.code or "(sans code)", c.nature, "oui" if c.carte else "non", c.texte) for c in changes]
    rows += [(code or "(sans code)", "inchangée", "non", "") for code in lacking if code not in told]
    if rows:
        print_table(("règle", "par rapport à l'ancienne", "texte français", "texte officiel"), rows)
    console.print(
        f"Ensuite : edi rules compare {candidate.id} --version {candidate.version}, puis "
        f"edi rules activate {candidate.id} {candidate.version} --depuis AAAA-MM-JJ.",
        markup=False,
        soft_wrap=True,
    )
