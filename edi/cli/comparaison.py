"""``edi rules compare``: stored invoices under another version of a pack, before it is activated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from typing import Annotated, Any

import typer

from edi import wiring
from edi.assemblage import make_feuilles
from edi.cli.affichage import console, make_progress, print_json, print_table
from edi.cli.espace import Erreur, Espace, open_espace, user_name
from edi.cli.packs import AsJson, known_packs
from edi.cli.versions import Jeu, read_day
from edi.judge import Demande
from edi.model import Flux
from edi.model.regles import Comparaison, LigneComparee
from edi.outbound.phrases import count
from edi.regles.comparaison import Bilan, Compared, Delivery, compare, sum_up
from edi.store import comparaisons, factures, packs
from edi.store import flux as flux_store
from edi.validators.schematron.packs import Pack, Packs, PackUnavailable, tell_absence
from edi.validators.schematron.versions import Etat, state_on

_CHANGES = {
    "rejetee": "rejetées en plus",
    "acceptee": "acceptées en plus",
    "autre": "indécises",
    "non_jugee": "non rejugées",
}


def compare_versions(
    ctx: typer.Context,
    jeu: Jeu,
    version: Annotated[
        str, typer.Option("--version", metavar="V", help="Version à comparer, par défaut la seule candidate.")
    ] = "",
    depuis: Annotated[
        str, typer.Option("--depuis", metavar="AAAA-MM-JJ", help="Factures datées de ce jour ou d'après.")
    ] = "",
    jusqu_a: Annotated[
        str, typer.Option("--jusqu-a", metavar="AAAA-MM-JJ", help="Factures datées d'avant ce jour.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Rejuge des factures déjà reçues sous une autre version d'un jeu : ce qui changerait, par fournisseur.

    Rien n'est modifié : ni verdict, ni statut, ni réponse. Ce qui est trouvé est gardé, et montré
    par la console à la page « Règles ».
    """
    bounds = read_day(depuis, "--depuis"), read_day(jusqu_a, "--jusqu-a")
    espace = open_espace(ctx)
    known = known_packs(ctx)
    pack = _choose(known, jeu, version, espace)
    with espace.engine.begin() as conn:
        wanted = packs.judged_under(conn, jeu, *bounds)
    total = sum(map(len, wanted.values()))
    with closing(wiring.make_engine_here(espace.settings)) as engine, make_progress() as progress:
        task = progress.add_task(f"Factures sous {pack.source}", total=total)
        compared = compare(
            _deliveries(espace, wanted),
            lambda flux: _demande(espace, known, flux),
            pack,
            espace.spool,
            engine,
            lambda done: progress.advance(task, done),
        )
        bilans = _sum_up(compared)
    _keep(espace, known, pack, bounds, bilans)
    espace.engine.dispose()
    if as_json:
        print_json({"jeu": pack.id, "version": pack.version, "fournisseurs": [_as_json(b) for b in bilans]})
    else:
        _print(pack, bilans)


def _keep(
    espace: Espace,
    known: Packs,
    pack: Pack,
    bounds: tuple[date | None, date | None],
    bilans: Sequence[Bilan],
) -> None:
    """What was found stays for the pages, until the version is compared again."""
    du, au = bounds
    now = espace.now()
    made = Comparaison(
        jeu=pack.id,
        version=pack.version,
        sha256=pack.sha256,
        contre=next((one.version for one in known[pack.id] if one.is_valid_on(now.date())), ""),
        du=du,
        au=au,
        le=now,
        par=user_name(),
        lignes=tuple(map(_ligne, bilans)),
    )
    with espace.engine.begin() as conn:
        comparaisons.keep(conn, made)


def _ligne(bilan: Bilan) -> LigneComparee:
    return LigneComparee(
        fournisseur=bilan.fournisseur,
        nom=bilan.nom,
        jugees=bilan.jugees,
        rejetees=bilan.factures["rejetee"],
        acceptees=bilan.factures["acceptee"],
        autres=bilan.factures["autre"],
        non_jugees=bilan.factures["non_jugee"],
        apparus=dict(bilan.apparus),
        disparus=dict(bilan.disparus),
    )


def _sum_up(compared: Iterator[Compared]) -> tuple[Bilan, ...]:
    try:
        return sum_up(compared)
    except PackUnavailable as error:
        raise Erreur(f"la comparaison n'a pas pu se faire : {error}") from error


def _choose(known: Packs, jeu: str, version: str, espace: Espace) -> Pack:
    """The version to compare: the one named, or the only one that judges nothing yet."""
    if jeu not in known:
        raise Erreur(f"le jeu de règles « {jeu} » est inconnu ; jeux connus : {', '.join(known)}")
    waiting = (Etat.CANDIDAT, Etat.A_VENIR)
    found = [
        pack
        for pack in known[jeu]
        if pack.version == version or (not version and state_on(pack, espace.today()) in waiting)
    ]
    if len(found) != 1:
        why = "n'a pas de version candidate" if not found else "a plusieurs versions candidates"
        why = f"n'a pas de version « {version} »" if version else why
        versions = ", ".join(pack.version for pack in known[jeu])
        raise Erreur(f"le jeu « {jeu} » {why} ; versions connues : {versions} (--version V en choisit une)")
    if absence := tell_absence(found[0]):
        raise Erreur(f"la version {found[0].version} du jeu « {jeu} » est inutilisable ({absence})")
    return found[0]


def _deliveries(espace: Espace, wanted: Mapping[int, tuple[int, ...]]) -> Iterator[Delivery]:
    """Read one at a time, so that a year of invoices is never held at once."""
    for flux_id, ids in wanted.items():
        with espace.engine.begin() as conn:
            known = [facture for facture in factures.of_flux(conn, flux_id) if facture.id in set(ids)]
            findings = factures.findings_of_factures(conn, ids)
            yield Delivery(flux_store.get(conn, flux_id), tuple(known), findings)


def _demande(espace: Espace, known: Packs, flux: Flux) -> Demande:
    settings = espace.settings
    jour = flux.recu_le.astimezone(settings.fuseau).date()
    confiance = make_feuilles(espace).current()
    politique, limites = settings.as_politique(), settings.as_limites()
    return Demande("", jour, politique, limites, flux.recu_le, packs=known, confiance=confiance)


# -- what is shown ----------------------------------------------------------------------------------------


def _as_json(bilan: Bilan) -> dict[str, Any]:
    return {
        "fournisseur": bilan.fournisseur,
        "nom": bilan.nom,
        "jugees": bilan.jugees,
        "inchangees": bilan.factures[""],
        **{change: bilan.factures[change] for change in _CHANGES},
        "exemples": {change: numero for change, numero in bilan.exemples.items() if change},
        "codes_apparus": _codes(bilan, dict(bilan.apparus)),
        "codes_disparus": _codes(bilan, dict(bilan.disparus)),
    }


def _codes(bilan: Bilan, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"code": code, "factures": number, "exemple": bilan.exemples_de_code[code]}
        for code, number in sorted(counts.items())
    ]


def _print(pack: Pack, bilans: tuple[Bilan, ...]) -> None:
    if not bilans:
        console.print(f"Aucune facture reçue n'est jugée par le jeu {pack.id}.")
        return
    rows = [
        (
            b.nom or b.fournisseur,
            b.fournisseur,
            str(b.jugees),
            str(b.factures[""]),
            *(_with_example(b.factures[change], b.exemples.get(change, "")) for change in _CHANGES),
        )
        for b in bilans
    ]
    columns = ("fournisseur", "identifiant", "jugées", "inchangées", *_CHANGES.values())
    print_table(columns, rows, titre=f"Sous {pack.source}")
    rows = [
        (b.nom or b.fournisseur, sense, code, str(number), b.exemples_de_code[code])
        for b in bilans
        for sense, codes in (("apparaît", b.apparus), ("disparaît", b.disparus))
        for code, number in sorted(codes.items())
    ]
    if rows:
        print_table(("fournisseur", "", "règle", "factures", "par exemple"), rows)
    changed = sum(bilan.change for bilan in bilans)
    verb = "verrait un verdict changer" if changed < 2 else "verraient un verdict changer"
    console.print(f"{count(changed, 'fournisseur', 'fournisseurs')} sur {len(bilans)} {verb}.")


def _with_example(number: int, numero: str) -> str:
    return f"{number} ({numero})" if number else "0"
