"""A workspace made again from a backup, in an empty place.

The configuration is written last: what was cut short is no workspace, and nothing can be put to work in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from edi import acts
from edi.espace import CONFIG, Espace, describe, make_entrepot, open_espace
from edi.sauvegarde import manifeste
from edi.sauvegarde.copie import Different, copy, digest_of
from edi.sauvegarde.manifeste import Manifeste, NotABackup
from edi.sauvegarde.verification import blobs
from edi.settings import Settings, read_settings
from edi.spool import Spool
from edi.store.database import last_revision

Listen = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Restauration:
    """One backup, and the empty place where it becomes a workspace again."""

    snapshot: Path
    root: Path
    listen: Listen = lambda what, done, of: None

    def make(self) -> tuple[Espace, Manifeste]:
        """The workspace. Raises NotABackup, OSError; nothing is then put to work there."""
        found = manifeste.read(self.snapshot)
        if found.revision > last_revision():
            raise NotABackup(
                f"cette sauvegarde vient d'une Navette plus récente ({found.navette}) : installez-la d'abord"
            )
        self._check_first(found)
        settings = read_settings(self.snapshot / CONFIG)
        base = self._check_places(settings, found)
        ours = [one for one in found.fichiers if one.chemin != manifeste.STOCK_LISTE]
        ours.sort(key=lambda one: one.chemin == str(CONFIG))
        spool = self.root / settings.espace.spool
        self._copy_stock(Spool(spool, entrepot=make_entrepot(settings)))
        for rank, one in enumerate(ours, 1):
            copy_checked(self.snapshot / one.chemin, self._target(one.chemin, spool, base), one.sha256)
            self.listen("fichiers", rank, len(ours))
        if found.dialecte == "sqlite":
            return open_espace(self.root), found
        return describe(self.root), found  # its database is not there yet, or is somebody else's

    def _check_first(self, found: Manifeste) -> None:
        """What is read before it is copied must be what was backed up. Raises NotABackup."""
        by_path = {one.chemin: one for one in found.fichiers}
        if any(Path(chemin).is_absolute() or ".." in Path(chemin).parts for chemin in by_path):
            raise NotABackup(f"le manifeste de « {self.snapshot} » nomme des fichiers hors de la sauvegarde")
        for chemin in (str(CONFIG), manifeste.STOCK_LISTE):
            path, known = self.snapshot / chemin, by_path.get(chemin)
            if known is None or not path.is_file() or digest_of(path) != known.sha256:
                raise _spoilt(path)

    def _target(self, chemin: str, spool: Path, base: Path) -> Path:
        if chemin.startswith("base."):
            return base
        if chemin.startswith("spool/"):
            return spool / chemin.removeprefix("spool/")
        return self.root / chemin

    def _check_places(self, settings: Settings, found: Manifeste) -> Path:
        """Where the database goes. Raises NotABackup for a place that is not empty."""
        url = make_url(settings.espace.base)
        base = self.root / (url.database or "") if found.dialecte == "sqlite" else self.root / "base.dump"
        if (url.get_backend_name() == "sqlite") != (found.dialecte == "sqlite"):
            raise NotABackup(
                f"la base sauvegardée est {found.dialecte}, et « espace.base » en nomme une autre"
            )
        for folder in (self.root, self.root / settings.espace.spool):
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise NotABackup(f"« {folder} » n'est pas vide : une restauration n'écrase jamais rien")
        if base.exists():
            raise NotABackup(f"« {base} » existe : une restauration n'écrase jamais rien")
        return base

    def _copy_stock(self, spool: Spool) -> None:
        shas = manifeste.read_stock(self.snapshot)
        for rank, (sha256, path) in enumerate(blobs(self.snapshot, shas), 1):
            try:
                whole = spool.bring(path, sha256)
            except FileNotFoundError as error:
                raise _spoilt(path) from error
            if not whole:
                raise _spoilt(path)
            acts.point("restored", path)
            self.listen("octets reçus", rank, len(shas))


def copy_checked(source: Path, target: Path, sha256: str) -> None:
    """Copy a file of a backup. Raises NotABackup when it is missing, or is not what was backed up."""
    try:
        copy(source, target, sha256)
    except (FileNotFoundError, Different) as error:
        raise _spoilt(source) from error
    acts.point("restored", target)


def _spoilt(path: Path) -> NotABackup:
    return NotABackup(
        f"« {path} » manque à la sauvegarde ou a changé depuis : « edi sauvegarde --verifie » dit tout"
    )
