"""``edi retention``: what is kept and how long, what may go, what must stay."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy.exc import IntegrityError

from edi.cli.affichage import console, make_progress, print_json, print_table
from edi.cli.designation import find_flux
from edi.cli.espace import Erreur, Espace, open_espace, user_name
from edi.outbound.phrases import count
from edi.retention.service import Depart, Retention
from edi.retention.tenues import Tenue, count_all
from edi.spool import SpoolBusy
from edi.store import gels
from edi.store.gels import Gel
from edi.validators.wording import size

app = typer.Typer(help="Ce qui est gardé, combien de temps, et ce qui peut partir.")

Ident = Annotated[str, typer.Argument(metavar="FLUX", help="Numéro, identifiant de flux ou nom de fichier.")]
Par = Annotated[str, typer.Option("--par", help="Qui le dit ; par défaut, votre compte sur cette machine.")]


@app.callback(invoke_without_command=True)
def retention(
    ctx: typer.Context,
    a_blanc: Annotated[bool, typer.Option("--a-blanc", help="Montre ce qui partirait ; n'ôte rien.")] = False,
    applique: Annotated[bool, typer.Option("--applique", help="Ôte ce qui a fait son temps.")] = False,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Ce que chaque classe tient ; avec --a-blanc ce qui partirait, avec --applique ce qui est parti."""
    if ctx.invoked_subcommand is not None:
        return
    if a_blanc and applique:
        raise Erreur("--a-blanc ou --applique, pas les deux")
    espace = open_espace(ctx)
    if a_blanc:
        _show_departs(Retention(espace).plan(), en_json=en_json, done=False)
    elif applique:
        try:
            with make_progress() as progress:
                task = progress.add_task("Oubli", total=None)
                gone = Retention(espace, user_name()).apply(lambda many: progress.advance(task, many))
        except SpoolBusy as error:
            raise Erreur("une sauvegarde ou un autre oubli est en cours : recommencez après") from error
        _show_departs(gone, en_json=en_json, done=True)
    else:
        _show_held(espace, en_json=en_json)


@app.command("gele")
def gele(
    ctx: typer.Context,
    ident: Ident,
    raison: Annotated[str, typer.Option("--raison", help="Pourquoi : litige, contrôle, enquête…")],
    par: Par = "",
) -> None:
    """Garde les octets d'un flux quel que soit leur âge, jusqu'à « degele »."""
    espace = open_espace(ctx)
    flux = find_flux(espace, ident)
    if not raison.strip():
        raise Erreur("dites pourquoi : --raison « contrôle fiscal de 2031 »")
    try:
        with espace.engine.begin() as conn:
            gels.hold(conn, flux.id, raison.strip(), par or user_name(), espace.now())
    except IntegrityError as error:
        raise Erreur(f"le flux n° {flux.id} est déjà gelé ; « edi retention » dit pourquoi") from error
    console.print(f"Le flux n° {flux.id} est gelé : ses octets restent.", markup=False)


@app.command("degele")
def degele(ctx: typer.Context, ident: Ident, par: Par = "") -> None:
    """Rend un flux à la durée de conservation de sa classe."""
    espace = open_espace(ctx)
    flux = find_flux(espace, ident)
    with espace.engine.begin() as conn:
        released = gels.release(conn, flux.id, par or user_name(), espace.now())
    if not released:
        raise Erreur(f"le flux n° {flux.id} n'est pas gelé")
    console.print(f"Le flux n° {flux.id} n'est plus gelé.", markup=False)


# -- what is held -----------------------------------------------------------------------------------------


def _show_held(espace: Espace, *, en_json: bool) -> None:
    held, kept, zone = count_all(espace), espace.settings.retention, espace.settings.fuseau
    with espace.engine.begin() as conn:
        frozen = gels.current(conn)
    if en_json:
        classes = [_tenue_as_json(one, espace) for one in held]
        print_json({"classes": classes, "geles": [gel._asdict() for gel in frozen]})
        return
    rows = [
        (
            one.classe.code,
            one.classe.libelle,
            str(one.nombre),
            "" if one.octets is None else size(one.octets),
            f"{one.depuis.astimezone(zone):%d/%m/%Y}" if one.depuis else "",
            one.classe.tell(kept) or one.classe.etat,
        )
        for one in held
    ]
    print_table(("classe", "ce que c'est", "nombre", "taille", "plus ancien", "gardé"), rows)
    _print_frozen(frozen, espace)
    auto = "le serveur l'applique chaque nuit" if kept.automatique else "« --applique » seul les ôte"
    console.print(f"Octets reçus dont la durée est atteinte : {auto}. « --a-blanc » dit ce qui partirait.")


def _print_frozen(frozen: list[Gel], espace: Espace) -> None:
    zone = espace.settings.fuseau
    rows = [
        (str(gel.flux_id), gel.flux, f"{gel.le.astimezone(zone):%d/%m/%Y}", gel.par, gel.raison)
        for gel in frozen
    ]
    if rows:
        print_table(("n°", "flux", "gelé le", "par", "raison"), rows, "Gelés : leurs octets restent")


def _tenue_as_json(one: Tenue, espace: Espace) -> dict[str, Any]:
    kept = espace.settings.retention
    return {
        "classe": one.classe.code,
        "libelle": one.classe.libelle,
        "nombre": one.nombre,
        "octets": one.octets,
        "depuis": one.depuis,
        "cle": one.classe.cle,
        "duree": one.classe.duree(kept),
        "unite": one.classe.unite,
        "etat": one.classe.etat,
        "source": one.classe.source,
    }


# -- what goes --------------------------------------------------------------------------------------------


def _show_departs(departs: list[Depart], *, en_json: bool, done: bool) -> None:
    if en_json:
        print_json([_depart_as_json(one) for one in departs])
        return
    columns = ["classe", "nombre", "taille", "du", "au", "règle"]
    rows = [_depart_as_row(one) for one in departs]
    if not done:
        columns.append("assez vieux, mais gardés (flux)")
        rows = [[*row, _tell_kept(one)] for row, one in zip(rows, departs, strict=True)]
    print_table(columns, rows)
    total, octets = sum(one.nombre for one in departs), sum(one.octets for one in departs)
    if not total:
        console.print("Rien n'avait fait son temps." if done else "Rien à ôter.")
        return
    verb = ("ôté" if total < 2 else "ôtés") if done else "à ôter"
    console.print(f"{count(total, 'fichier', 'fichiers')}, {size(octets)} {verb}.")


def _depart_as_row(one: Depart) -> list[str]:
    days = (one.plus_ancien, one.plus_recent)
    return [
        one.classe.code,
        str(one.nombre),
        size(one.octets) if one.nombre else "",
        *(f"{day:%d/%m/%Y}" if day else "" for day in days),
        one.regle or "gardé sans limite",
    ]


def _tell_kept(one: Depart) -> str:
    return "\n".join(f"{many} : {why}" for why, many in sorted(one.retenus.items()))


def _depart_as_json(one: Depart) -> dict[str, Any]:
    return {
        "classe": one.classe.code,
        "regle": one.regle,
        "nombre": one.nombre,
        "octets": one.octets,
        "plus_ancien": one.plus_ancien,
        "plus_recent": one.plus_recent,
        "retenus": one.retenus,
    }
