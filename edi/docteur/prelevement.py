"""Taking the portrait of a workspace: the only module of this room that touches anything.

Nothing is changed: no migration, no folder, no statut, no state of a channel. What cannot be looked at
becomes an ``incident`` of the portrait, in French.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from edi.canaux.visite import look_around
from edi.docteur.portrait import (
    Antivirus,
    Base,
    Cle,
    Depositaire,
    Disque,
    Horloges,
    Jeu,
    Liaison,
    Place,
    Portrait,
    Retard,
)
from edi.espace import Espace, real_now
from edi.examen import Scanner
from edi.model import Serveur, pinned
from edi.releve.jour import CleRefused, fingerprint, read_cle
from edi.sftp import RemoteFailed, SecretUnusable, connect, read_secret, read_secrets
from edi.store import annuaire, canaux, comptes, disjoncteurs, flux
from edi.store.comptes import EnAttente
from edi.store.database import check_integrity, reading, revisions
from edi.validators.schematron.packs import Packs, PackUnavailable, tell_absence

Deadline = Callable[[EnAttente], datetime | None]


@dataclass(frozen=True, slots=True)
class Portee:
    """How far to look."""

    reseau: bool = False  # call the servers of partners
    complet: bool = False  # read the whole file of the database


def take_portrait(espace: Espace, portee: Portee, deadline: Deadline, scan: Scanner | None) -> Portrait:
    """A workspace as it is. ``deadline``: when what waits is late; ``scan``: how to ask the antivirus."""
    settings, now = espace.settings, espace.now()
    base = _look_at_base(espace, complet=portee.complet)
    try:
        jeux, refused = _look_at_rules(espace.regles.read()), ""
    except PackUnavailable as error:
        jeux, refused = (), str(error)
    seen = Portrait(
        deposants=len(settings.deposants),
        serveurs=len(settings.serveurs),
        cles=tuple(_look_at_keys(espace)),
        horloges=Horloges(now, _ask_disk(espace), None, settings.essais.horloge is not None),
        disques=tuple(_look_at_disks(espace)),
        place=settings.alertes.place,
        plus_gros=settings.limites.flux,
        places=tuple(_look_at_places(espace)),
        base=base,
        entrepot=_ask_entrepot(espace),
        jeux=jeux,
        regles=refused,
        antivirus=None if scan is None else _ask_antivirus(scan, settings.antivirus.adresse),
        observation=settings.observation.adresse,
    )
    if base.lisible:
        try:
            with reading(espace.engine) as conn:
                seen = _read_tables(seen, conn, settings.serveurs, deadline)
        except SQLAlchemyError as error:
            seen = replace(seen, base=replace(base, incident=_tell(error)))
    if portee.reseau:
        called = tuple(_call(liaison, settings.serveurs, espace.root) for liaison in seen.liaisons)
        seen = replace(seen, liaisons=called)
    return seen


# -- the disk ---------------------------------------------------------------------------------------------


def _ask_disk(espace: Espace) -> datetime | None:
    try:
        return datetime.fromtimestamp(espace.spool.try_writing_here(), UTC)
    except OSError:
        return None


def _ask_entrepot(espace: Espace) -> Depositaire | None:
    if espace.spool.entrepot is None:
        return None
    try:
        espace.spool.entrepot.try_writing()
    except OSError as error:
        return Depositaire(espace.spool.entrepot.adresse, str(error))
    return Depositaire(espace.spool.entrepot.adresse)


def _look_at_disks(espace: Espace) -> Iterator[Disque]:
    places = [("spool", espace.spool.root)]
    if path := _file_of(espace.engine):
        places.append(("base", path.parent))
    for sujet, folder in places:
        try:
            seen = os.statvfs(folder)
        except OSError:
            continue  # the check of folders, or of the database, tells that it is not there
        files = seen.f_favail if seen.f_files else None
        yield Disque(sujet, seen.f_bavail * seen.f_frsize, seen.f_blocks * seen.f_frsize, files)


def _look_at_places(espace: Espace) -> Iterator[Place]:
    settings, spool = espace.settings, espace.spool
    for folder in spool.folders(sorted(settings.deposants), [settings.ppf.code]):
        path = str(folder.relative_to(spool.root))
        try:
            found = folder.stat()
        except OSError:
            yield Place(path, est_dossier=False)
            continue
        usable = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
        yield Place(path, stat.S_ISDIR(found.st_mode), usable, stat.S_IMODE(found.st_mode))


# -- keys -------------------------------------------------------------------------------------------------


def _look_at_keys(espace: Espace) -> Iterator[Cle]:
    for serveur in espace.settings.serveurs:
        yield _look_at_secrets(serveur, espace.root)
        pin = pinned(serveur.empreinte)
        incident = "" if pin else "clé d'hôte inconnue (« empreinte » vide) : rien n'est échangé"
        yield Cle(f"{serveur.nom} : clé du serveur", incident, empreinte=pin)
    for sujet, source in _secrets_of_alerts(espace):
        try:
            read_secret(source, espace.root)
            yield Cle(sujet)
        except SecretUnusable as error:
            yield Cle(sujet, str(error))
    if cle := espace.settings.releve.cle:
        path = espace.root / cle
        try:
            yield Cle("relevés", mode=_mode_of(path), empreinte=fingerprint(read_cle(path)))
        except CleRefused as error:
            yield Cle("relevés", str(error))


def _secrets_of_alerts(espace: Espace) -> Iterator[tuple[str, str]]:
    alertes = espace.settings.alertes
    if alertes.courriel.mot_de_passe:
        yield "alertes : mot de passe du courriel", alertes.courriel.mot_de_passe
    yield from ((f"alertes : secret de « {w.nom} »", w.secret) for w in alertes.webhook)


def _look_at_secrets(serveur: Serveur, root: Path) -> Cle:
    sujet = f"{serveur.nom} : accès"
    try:
        means = read_secrets(serveur, root)
    except SecretUnusable as error:
        return Cle(sujet, str(error))
    if not means:
        return Cle(sujet, "ni clé ni mot de passe n'est configuré")
    return Cle(sujet, mode=_mode_of(root / serveur.cle) if serveur.cle else None)


def _mode_of(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None


# -- the database -----------------------------------------------------------------------------------------


def _file_of(engine: Engine) -> Path | None:
    url = engine.url
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _look_at_base(espace: Espace, *, complet: bool) -> Base:
    url, path = espace.engine.url.render_as_string(), _file_of(espace.engine)
    if path is not None and not path.is_file():  # a look would make it
        return Base(url, f"« {path} » n'existe pas")
    try:
        with reading(espace.engine) as conn:
            known, head = revisions(conn)
            return Base(url, "", known, head, check_integrity(conn) if complet else None)
    except SQLAlchemyError as error:
        return Base(url, _tell(error))


def _tell(error: SQLAlchemyError) -> str:
    return f"ne répond pas comme attendu : {str(error).splitlines()[0]}"


def _read_tables(
    seen: Portrait, conn: Connection, serveurs: Sequence[Serveur], deadline: Deadline
) -> Portrait:
    horloges = seen.horloges
    return replace(
        seen,
        horloges=horloges and replace(horloges, base=flux.newest_instant(conn)),
        liaisons=tuple(Liaison(canaux.get(conn, s.nom), s.empreinte) for s in serveurs),
        annuaire_du=annuaire.annuaire_du(conn),
        doutes=tuple(one.regle.code for one in disjoncteurs.open_ones(conn)),
        retards=_group_late(comptes.waiting(conn), horloges.ici if horloges else real_now(), deadline),
    )


def _group_late(waiting: Sequence[EnAttente], now: datetime, deadline: Deadline) -> tuple[Retard, ...]:
    groups: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for one in waiting:
        end = deadline(one)
        if end is not None and end < now:
            groups[one.appli, one.etape].append(one.depuis)
    return tuple(Retard(*key, len(since), min(since)) for key, since in sorted(groups.items()))


# -- rules, servers, antivirus ----------------------------------------------------------------------------


def _look_at_rules(packs: Packs) -> tuple[Jeu, ...]:
    judging = [pack for versions in packs.values() for pack in versions if not pack.candidat]
    return tuple(Jeu(pack.source, tell_absence(pack)) for pack in judging)


def _call(liaison: Liaison, serveurs: Sequence[Serveur], root: Path) -> Liaison:
    """Enter a server and look at its folders; the state of its channel stays what it is."""
    serveur = next(s for s in serveurs if s.nom == liaison.canal.serveur)
    try:
        with connect(serveur, root) as remote:
            wrong = [c.failure for c in look_around(remote, serveur) if c.failure is not None]
    except RemoteFailed as failure:
        wrong = [failure]
    if not wrong:
        return replace(liaison, appele=True)
    return replace(liaison, appele=True, incident=str(wrong[0]), remede=wrong[0].remede)


def _ask_antivirus(scan: Scanner, adresse: str) -> Antivirus:
    answer = scan([b"Navette"])
    return Antivirus(adresse, answer.etat, answer.raison or answer.signature)
