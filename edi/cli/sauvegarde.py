"""``edi sauvegarde`` and ``edi restaure``: a copy elsewhere, and a workspace made again from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from edi.assemblage import make_presence
from edi.audit import audit
from edi.cli.affichage import console, make_progress, print_json
from edi.cli.espace import Erreur, Espace, open_espace, record_act
from edi.cli.progres import tell_alarm, tell_mended
from edi.espace import real_now
from edi.outbound.phrases import count
from edi.presence import Reparation
from edi.sauvegarde import manifeste
from edi.sauvegarde.manifeste import Manifeste, NotABackup
from edi.sauvegarde.prise import Prise
from edi.sauvegarde.restauration import Restauration
from edi.sauvegarde.verification import verify
from edi.spool import SpoolBusy
from edi.store import processus
from edi.validators.wording import size
from edi.wiring import process_name


def sauvegarde(
    ctx: typer.Context,
    destination: Annotated[
        Path, typer.Argument(metavar="DESTINATION", help="Dossier des sauvegardes, hors de l'espace.")
    ],
    verifie: Annotated[
        bool, typer.Option("--verifie", help="Ne sauvegarde rien : relit la dernière, octet par octet.")
    ] = False,
    avec_secrets: Annotated[
        bool, typer.Option("--avec-secrets", help="Copie aussi clés privées et mots de passe en fichiers.")
    ] = False,
    dump: Annotated[
        Path | None,
        typer.Option("--dump", metavar="FICHIER", help="PostgreSQL : le fichier que pg_dump vient d'écrire."),
    ] = None,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Copie base, octets reçus, files, réponses et configuration, pendant que le serveur travaille."""
    if verifie:
        _verify(destination, en_json=en_json)
        return
    espace = open_espace(ctx)
    _check_base(espace, dump)
    try:
        with _shown("Sauvegarde") as listen:
            snapshot, made = Prise(espace, destination, avec_secrets, dump, listen).make()
    except NotABackup as why:
        raise Erreur(str(why)) from why
    except SpoolBusy as error:
        raise Erreur("une autre sauvegarde, ou un oubli, est en cours : recommencez après") from error
    record_act(espace, "sauvegarde", snapshot.name, octets=made.octets)
    if en_json:
        print_json(_as_json(snapshot, made, []))
    else:
        _tell(snapshot, made)
        _tell_cut(destination, snapshot)
    raise typer.Exit(int(bool(made.absents)))


def restaure(
    source: Annotated[
        Path,
        typer.Argument(metavar="SOURCE", help="Dossier des sauvegardes (la dernière), ou l'une d'elles."),
    ],
    dossier: Annotated[Path, typer.Argument(metavar="DOSSIER", help="Nouvel espace : vide ou à créer.")],
) -> None:
    """Refait un espace depuis une sauvegarde, dans un dossier vide, et prouve qu'il est entier."""
    try:
        with _shown("Restauration") as listen:
            espace, found = Restauration(manifeste.find(source), dossier, listen).make()
    except NotABackup as why:
        raise Erreur(str(why)) from why
    le = f"{found.fait_le.astimezone(espace.settings.fuseau):%d/%m/%Y à %H:%M:%S}"
    told = f"Restauré dans {dossier}, tel qu'il était le {le}."
    console.print(told, markup=False, soft_wrap=True)
    if found.dialecte != "sqlite":
        console.print(
            f"La base reste à charger, dans une base vide que « espace.base » nomme : createdb, puis "
            f"pg_restore --dbname=… {dossier / 'base.dump'} ; puis « edi audit ».",
            markup=False,
            soft_wrap=True,
        )
        return
    for what in _put_in_order(espace):
        tell_mended(what)
    record_act(espace, "restauration", found.fait_le.isoformat())
    ecarts = audit(espace.engine, espace.spool, real_now()).ecarts
    for ecart in ecarts:
        tell_alarm(ecart)
    console.print("Audit : un écart au moins, dit ci-dessus." if ecarts else "Audit : tout concorde.")
    for line in _next_steps(espace, found, le):
        console.print(line, markup=False, soft_wrap=True)
    raise typer.Exit(int(bool(ecarts)))


def _put_in_order(espace: Espace) -> list[Reparation]:
    """None of the processes that the copy tells of works here; what they had begun is taken up again."""
    with espace.engine.begin() as conn:
        for one in processus.all_present(conn):
            processus.leave(conn, one.id)
    return make_presence(espace, process_name()).reconcile(real_now())


def _next_steps(espace: Espace, found: Manifeste, le: str) -> Iterator[str]:
    if found.secrets:
        yield f"À rapporter, car non sauvegardé : {', '.join(found.secrets)}."
    yield "Ensuite : « edi doctor », puis « edi run » ou « edi serve », qui reprend ce qui était en cours."
    yield (
        f"Ce qui a été déposé après le {le} n'y est pas : demandez aux déposants de le redéposer ; ce qui "
        "était connu revient comme rappel. Ne remettez jamais l'ancien espace en route à côté de celui-ci."
    )


def _check_base(espace: Espace, dump: Path | None) -> None:
    dialecte = espace.engine.dialect.name
    if dialecte == "sqlite" and dump is not None:
        raise Erreur("--dump est pour PostgreSQL ; cette base (SQLite) est copiée d'elle-même")
    if dialecte != "sqlite" and dump is None:
        url = espace.engine.url.set(drivername=dialecte, password=None).render_as_string()
        raise Erreur(
            f"la base est {dialecte} : faites-en d'abord la copie, « pg_dump --format=custom "
            f"--file=base.dump {url} », puis « edi sauvegarde DESTINATION --dump base.dump »"
        )


def _verify(destination: Path, *, en_json: bool) -> None:
    try:
        snapshot = manifeste.find(destination)
        found = manifeste.read(snapshot)
    except NotABackup as why:
        raise Erreur(str(why)) from why
    with _shown("Relecture") as listen:
        faults = verify(snapshot, found, listen)
    if en_json:
        print_json(_as_json(snapshot, found, faults))
    else:
        for fault in faults:
            console.print(fault, markup=False, soft_wrap=True)
        _tell(snapshot, found)
        if destination != snapshot:
            _tell_cut(destination, snapshot)
        told = "Elle ne vaut rien telle quelle." if faults else "Relue en entier : rien n'y manque."
        console.print(told)
    raise typer.Exit(int(bool(faults or found.absents)))


def _tell(snapshot: Path, made: Manifeste) -> None:
    blobs = count(made.blobs, "original", "originaux")
    files = count(len(made.fichiers), "fichier", "fichiers")
    console.print(f"{snapshot} : {files}, {blobs} ({size(made.octets)}).", markup=False, soft_wrap=True)
    if made.secrets:
        console.print(f"Laissés hors de la copie (secrets) : {', '.join(made.secrets)}.", markup=False)
    for sha256 in made.absents:
        console.print(
            f"ÉCART : {sha256} manquait ou était abîmé à la source ; « edi audit » dit à quel flux."
        )


def _tell_cut(folder: Path, but: Path) -> None:
    cut = [path for path in manifeste.snapshots(folder) if path != but and not manifeste.is_whole(path)]
    for path in cut:
        console.print(f"{path} : interrompue, ne vaut rien ; à ôter.", markup=False, soft_wrap=True)


def _as_json(snapshot: Path, made: Manifeste, faults: list[str]) -> dict[str, object]:
    return {
        "dossier": str(snapshot),
        "fait_le": made.fait_le,
        "navette": made.navette,
        "revision": made.revision,
        "fichiers": len(made.fichiers),
        "originaux": made.blobs,
        "octets": made.octets,
        "secrets": made.secrets,
        "absents": made.absents,
        "fautes": faults,
    }


@contextmanager
def _shown(title: str) -> Iterator[Callable[[str, int, int], None]]:
    with make_progress() as progress:
        task = progress.add_task(title, total=None)

        def listen(what: str, done: int, of: int) -> None:
            progress.update(task, description=f"{title} : {what}", completed=done, total=of)

        yield listen
