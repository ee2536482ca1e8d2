"""The folder ``regles/`` of a workspace: ``packs.toml``, and the official files it addresses by sha256.

::

    regles/packs.toml                     the operator's versions, candidates and active ones
    regles/feuilles/<sha256>/NAME.xslt    a sheet, and beside it the files it reads; never removed

What is written here only adds to the packs that are shipped. A version that begins ends the one before it.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from edi.acts import write_whole
from edi.spool import alone_in
from edi.validators.schematron.packs import (
    PACKS,
    Pack,
    Packs,
    PackUnavailable,
    Sheet,
    read_versions,
    tell_absence,
)
from edi.validators.schematron.versions import Etat, merge, render, state_on

FICHIER = "packs.toml"
FEUILLES = "feuilles"


class VersionRefused(Exception):
    """What is asked of a version cannot be done; the message says why, in French."""


@dataclass(frozen=True, slots=True)
class Regles:
    """The official rules known to a workspace: those we ship, and those of its folder."""

    folder: Path
    shipped: Mapping[str, tuple[Pack, ...]] | None = None  # None: those of this installation

    def read(self) -> Packs:
        """Every version known, in force, to come, replaced or candidate.

        Raises PackUnavailable for a packs.toml that cannot be read.
        """
        return merge(self._shipped, self.own())

    @property
    def _shipped(self) -> Packs:
        return PACKS if self.shipped is None else self.shipped

    def own(self) -> Packs:
        """The operator's own versions. Raises PackUnavailable."""
        path = self.folder.resolve() / FICHIER
        if not path.is_file():
            return {}
        try:
            own = read_versions(path)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
            raise PackUnavailable(f"{path}: {type(error).__name__}: {error}") from error
        days = [day for versions in own.values() for p in versions for day in (p.valid_from, p.valid_to)]
        if not all(day is None or type(day) is date for day in days):
            raise PackUnavailable(f"{path}: valid_from and valid_to are days, written without quotes")
        return own

    def find(self, jeu: str, version: str) -> Pack:
        """One version of a pack. Raises VersionRefused when there is none."""
        versions = self.read().get(jeu, ())
        found = next((pack for pack in versions if pack.version == version), None)
        if found is None:
            known = ", ".join(pack.version for pack in versions) or "aucune"
            raise VersionRefused(
                f"le jeu « {jeu} » n'a pas de version « {version} » ; versions connues : {known}"
            )
        return found

    # -- changes ------------------------------------------------------------------------------------------

    def keep(self, pack: Pack, files: Mapping[str, bytes]) -> Pack:
        """Keep the files of a candidate, whose new sheet has no folder yet. Twice is once."""
        folder = Path(FEUILLES, _sum(files))
        with self._alone():
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                write_whole(self.folder / folder / name, data)
        return _place(pack, self.folder.resolve(), folder)

    def record(self, pack: Pack) -> None:
        """Record a candidate whose files are kept. Raises VersionRefused when its version is taken."""
        with self._alone():
            if any(known.version == pack.version for known in self.read().get(pack.id, ())):
                raise VersionRefused(f"le jeu « {pack.id} » a déjà une version « {pack.version} »")
            own = self.own()
            self._write({**own, pack.id: (*own.get(pack.id, ()), pack)})

    def activate(self, jeu: str, version: str, depuis: date) -> Pack:
        """Let a candidate judge the invoices dated from a day on. Raises VersionRefused.

        On the very day of the version before it, it takes its place: that one was wrong, and judges no more.
        """
        with self._alone():
            pack = self.find(jeu, version)
            if not pack.candidat:
                raise VersionRefused(f"la version « {version} » du jeu « {jeu} » n'est pas un candidat")
            if why := tell_absence(pack):
                raise VersionRefused(f"la version « {version} » du jeu « {jeu} » est inutilisable ({why})")
            for other in self.read()[jeu]:
                if not other.candidat and other.valid_from > depuis:
                    raise VersionRefused(
                        f"la version « {other.version} » du jeu « {jeu} » s'applique dès le "
                        f"{other.valid_from:%d/%m/%Y} : choisissez ce jour ou un jour postérieur"
                    )
            self._replace(pack, replace(pack, candidat=False, valid_from=depuis, valid_to=None))
        return self.find(jeu, version)

    def retire(self, jeu: str, version: str, jour: date) -> Pack | None:
        """Undo one step: an activation that has not begun on ``jour`` is a candidate again, a candidate goes.

        The version as it is then known, None when it is gone; its files stay. Raises VersionRefused.
        """
        with self._alone():
            pack = self.find(jeu, version)
            own = self.own().get(jeu, ())
            if not any((one.version, one.candidat) == (version, pack.candidat) for one in own):
                raise VersionRefused(f"la version « {version} » du jeu « {jeu} » est livrée avec Navette")
            if state_on(pack, jour) not in (Etat.CANDIDAT, Etat.A_VENIR):
                raise VersionRefused(
                    f"la version « {version} » du jeu « {jeu} » s'applique depuis le "
                    f"{pack.valid_from:%d/%m/%Y} et des factures ont pu être jugées par elle : installez et "
                    "activez plutôt une autre version"
                )
            self._replace(pack, None if pack.candidat else replace(pack, candidat=True, valid_to=None))
        return None if pack.candidat else self.find(jeu, version)

    def _replace(self, before: Pack, after: Pack | None) -> None:
        own = dict(self.own())
        others = tuple(pack for pack in own.get(before.id, ()) if pack.version != before.version)
        own[before.id] = others if after is None else (*others, after)
        self._write(own)

    def _write(self, own: Packs) -> None:
        write_whole(self.folder / FICHIER, (_HEAD + render(own)).encode())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(exist_ok=True)
        with alone_in(self.folder):
            yield


_HEAD = """# Versions de règles officielles installées ici ; écrit par « edi rules install », « activate »...
# Même forme que le packs.toml livré avec Navette ; un fichier ne sert que si son sha256 est celui-ci.

"""


def _place(pack: Pack, root: Path, folder: Path) -> Pack:
    """The pack with its new sheet (without package nor folder) in ``folder`` of ``root``."""

    def place(sheet: Sheet) -> Sheet:
        if sheet.package or sheet.folder:
            return sheet
        return replace(sheet, folder=str(root), file=str(folder / sheet.file))

    return replace(pack, parts=tuple(replace(part, sheet=place(part.sheet)) for part in pack.parts))


def _sum(files: Mapping[str, bytes]) -> str:
    """The sha256 of the one file, or of the sha256 of all."""
    sums = [hashlib.sha256(data).hexdigest() for data in files.values()]
    return sums[0] if len(sums) == 1 else hashlib.sha256("".join(sums).encode()).hexdigest()
