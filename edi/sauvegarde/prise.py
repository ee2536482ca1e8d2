"""Making a backup while others work.

The database is copied first, as of one instant; then what it counts on: tickets, return flows, received
bytes. These are never changed, and nothing is forgotten while we hold the lock, so all that the copy of the
database names is still there when we come to it. Tickets move meanwhile: they are looked at before and after.
Nobody who works ever waits for us: we only read.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from edi import __version__, acts
from edi.espace import Espace, real_now
from edi.model import FluxStatut
from edi.retention.originaux import Originaux
from edi.sauvegarde import configuration, manifeste
from edi.sauvegarde.copie import Different, copy, copy_into, digest_of
from edi.sauvegarde.manifeste import Fichier, Manifeste, NotABackup
from edi.spool import Entry
from edi.store import flux as flux_store
from edi.store import sauvegardes
from edi.store.database import reading, revisions
from edi.store.sauvegardes import Contenu

Listen = Callable[[str, int, int], None]  # told what is copied, how much of it is done, of how much
_MOVING = ("incoming", "active", "hold")
_STILL = ("quarantaine", "corrupt")


@dataclass
class Prise:
    """One backup of a workspace under way, into a folder of backups."""

    espace: Espace
    folder: Path
    secrets: bool = False  # copy the secrets that the configuration names too
    dump: Path | None = None  # of a database that we cannot copy ourselves
    listen: Listen = lambda what, done, of: None
    fichiers: list[Fichier] = field(default_factory=list)
    absents: list[str] = field(default_factory=list)

    def make(self) -> tuple[Path, Manifeste]:
        """The new backup. Raises NotABackup, SpoolBusy, OSError; what was begun is then no backup."""
        _check_folder(self.folder, self.espace.root)
        with self.espace.spool.alone_at_keeping():
            Originaux(self.espace).finish()
            at = real_now()
            snapshot = self.folder / manifeste.stamp(at)
            (self.folder / manifeste.STOCK).mkdir(parents=True, exist_ok=True)
            acts.make_folder(snapshot)
            before, roots = self._look_at_queues(), self.espace.spool.root_days()
            base, revision, contenu = self._copy_base(snapshot)
            self._copy_tickets(snapshot, contenu, before)
            self._copy_answers(snapshot, contenu)
            for jour in roots:  # those of before the instant of the copy: it has every row that they close
                root = self.espace.spool.root_file(jour)
                self._copy_first(snapshot, f"spool/journal/{root.name}", [root])
            for chemin, source in configuration.files(self.espace, secrets=self.secrets):
                self.fichiers.append(configuration.copy_file(snapshot, chemin, source, secrets=self.secrets))
            octets = self._copy_stock(snapshot, contenu.blobs)
            made = Manifeste(
                fait_le=at,
                navette=__version__,
                python=platform.python_version(),
                revision=revision,
                base=base,
                dialecte=self.espace.engine.dialect.name,
                fichiers=tuple(sorted(self.fichiers)),
                blobs=len(contenu.blobs) - len(self.absents),
                octets=octets,
                secrets=() if self.secrets else tuple(configuration.secret_files(self.espace)),
                absents=tuple(self.absents),
            )
            manifeste.write(snapshot, made)
        return snapshot, made

    # -- the database -------------------------------------------------------------------------------------

    def _copy_base(self, snapshot: Path) -> tuple[str, str, Contenu]:
        self.listen("base", 0, 1)
        if self.espace.engine.dialect.name == "sqlite":
            base, copied = "base.db", snapshot / "base.db"
            sauvegardes.copy_database(self.espace.engine, copied)
            with open(copied, "rb") as written:
                acts.sync_descriptor(written.fileno())
            self.fichiers.append(Fichier(base, digest_of(copied), copied.stat().st_size))
            contenu, revision = _read(engine := sauvegardes.open_copy(copied))
            engine.dispose()
        elif self.dump is not None:
            base = "base.dump"
            self.fichiers.append(copy_into(snapshot, base, self.dump))
            contenu, revision = _read(self.espace.engine)
        else:
            raise NotABackup("cette base se copie par son propre outil, juste avant : --dump FICHIER")
        self.listen("base", 1, 1)
        return base, revision, contenu

    # -- what lies in the spool ---------------------------------------------------------------------------

    def _look_at_queues(self) -> dict[str, Entry]:
        return {entry.ticket: entry for queue in _MOVING for entry in self.espace.spool.entries(queue)}

    def _copy_tickets(self, snapshot: Path, contenu: Contenu, before: dict[str, Entry]) -> None:
        """What waits to be judged, whatever queue it was in: in ``hold`` where the database holds it."""
        spool = self.espace.spool
        seen = before | self._look_at_queues()
        copied = set()
        for ticket, entry in sorted(seen.items()):
            statut = contenu.tickets.get(ticket)
            if statut is not None and not statut.en_cours:
                continue  # decided: its bytes lie in the store
            queue = "hold" if statut is FluxStatut.EN_ATTENTE else "incoming"
            places = [entry.path, *(e.path for e in self._entries_of(ticket))]
            if self._copy_first(snapshot, f"spool/queue/{queue}/{ticket}/{entry.nom}", places):
                copied.add(ticket)
        for ticket in sorted((contenu.sans_octets.keys() | seen.keys()) - copied):
            self._copy_from_store(snapshot, ticket, contenu)
        for queue in _STILL:
            for entry in spool.entries(queue):
                if entry.is_ordinary:
                    chemin = f"spool/queue/{queue}/{entry.ticket}/{entry.nom}"
                    self._copy_first(snapshot, chemin, [entry.path])

    def _entries_of(self, ticket: str) -> Iterator[Entry]:
        """Where it lies now: it may have been moved on while we looked."""
        for queue in _MOVING:
            yield from (entry for entry in self.espace.spool.entries(queue) if entry.ticket == ticket)

    def _copy_first(self, snapshot: Path, chemin: str, places: list[Path]) -> bool:
        for path in places:
            with suppress(FileNotFoundError):
                if path.is_symlink() or not path.is_file():
                    continue
                self.fichiers.append(copy_into(snapshot, chemin, path))
                return True
        return False

    def _copy_from_store(self, snapshot: Path, ticket: str, contenu: Contenu) -> None:
        """A ticket that was let go of since: its bytes lie in the store now, as the database knows by now."""
        statut = contenu.tickets.get(ticket)
        if statut is not None and (not statut.en_cours or ticket not in contenu.sans_octets):
            return  # decided, or made again from the store when the copy is first put to work
        with reading(self.espace.engine) as conn:
            flux = flux_store.find_by_ticket(conn, ticket)
        if flux is not None and flux.sha256:
            chemin = f"spool/queue/incoming/{ticket}/{flux.nom}"
            self._copy_first(snapshot, chemin, [self.espace.spool.blob(flux.sha256)])

    def _copy_answers(self, snapshot: Path, contenu: Contenu) -> None:
        """What partners have not fetched yet, and what they read, as of the instant of the copy."""
        spool, settings = self.espace.spool, self.espace.settings
        sirets = {d.siret: d.code for d in settings.destinataires.values()}
        for out in spool.outboxes():
            appli = sirets.get(out.parent.name, out.parent.name)
            reste = {(appli, f"RESTE_{ref}.zip") for code, ref in contenu.references if code == appli}
            self._copy_folder(snapshot, out, {nom for code, nom in contenu.retours | reste if code == appli})
        for appli in sorted(settings.deposants):
            known = {f"{ref}.json" for code, ref in contenu.references if code == appli}
            folder = spool.statut(appli)
            later = {p.name for p in folder.glob("*.json") if not p.name.startswith("releve-")} - known
            self._copy_folder(snapshot, folder, None, later)
            self._copy_folder(snapshot, folder / "test", None)

    def _copy_folder(
        self,
        snapshot: Path,
        folder: Path,
        only: set[str] | None,
        but: set[str] | frozenset[str] = frozenset(),
    ) -> None:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            wanted = (only is None or path.name in only) and path.name not in but
            if wanted and not path.name.startswith("."):
                where = path.relative_to(self.espace.spool.root)
                self._copy_first(snapshot, f"spool/{where}", [path])

    def _copy_stock(self, snapshot: Path, blobs: tuple[str, ...]) -> int:
        """Add the bytes that the folder of backups does not have; how many bytes they all are."""
        octets, there = 0, []
        for rank, sha256 in enumerate(blobs, 1):
            target = self.folder / manifeste.STOCK / sha256[:2] / sha256
            try:
                if not target.is_file():
                    with self.espace.spool.reading(sha256) as source:
                        copy(source, target, sha256)
                octets += target.stat().st_size
                there.append(sha256)
            except (FileNotFoundError, Different):
                self.absents.append(sha256)
            self.listen("octets reçus", rank, len(blobs))
        data = manifeste.write_stock(there)
        acts.write_whole(snapshot / manifeste.STOCK_LISTE, data)
        listed = snapshot / manifeste.STOCK_LISTE
        self.fichiers.append(Fichier(manifeste.STOCK_LISTE, digest_of(listed), len(data)))
        return octets


def _read(engine: Engine) -> tuple[Contenu, str]:
    with reading(engine) as conn:
        return sauvegardes.read_content(conn), revisions(conn)[0]


def _check_folder(folder: Path, root: Path) -> None:
    """Raises NotABackup for a folder that is not ours to write into."""
    if root.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise NotABackup(f"« {folder} » est dans l'espace de travail : ce qui perdrait l'un perdrait l'autre")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / manifeste.STOCK).is_dir():
        raise NotABackup(f"« {folder} » contient autre chose que des sauvegardes : donnez un dossier vide")
