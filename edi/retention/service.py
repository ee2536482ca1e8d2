"""What would go, and letting it go: every class that has a duration, in the order of the table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import structlog

from edi.espace import Espace
from edi.retention.classes import BY_CODE, CLASSES, Classe, tell_rule
from edi.retention.fichiers import Ancien, Fichiers
from edi.retention.originaux import Originaux
from edi.spool import SpoolBusy
from edi.spool.entrepot import EntrepotAway
from edi.store import oubliables
from edi.store.database import reading
from edi.store.oubliables import Octets

log = structlog.get_logger()

_NIGHTLY = 50  # batches of received bytes that the server forgets in one night at the most


@dataclass(frozen=True, slots=True)
class Depart:
    """What goes of one class, and what stays though it is old."""

    classe: Classe
    regle: str  # under which it goes, in French; '': kept for ever
    nombre: int = 0  # files, or different bytes
    octets: int = 0
    plus_ancien: date | None = None
    plus_recent: date | None = None
    retenus: dict[str, int] = field(default_factory=dict)  # why in French -> how many flux


@dataclass(frozen=True)
class Retention:
    """What of a workspace is kept no longer."""

    espace: Espace
    par: str = ""  # who asks for it; '': Navette by itself

    def plan(self) -> list[Depart]:
        """What would go now; nothing is changed."""
        fichiers, originaux = Fichiers(self.espace, self.par), Originaux(self.espace, self.par)
        with reading(self.espace.engine) as conn:
            kept_back = oubliables.kept_back(conn, originaux.portee())
        files = [*fichiers.old(), *fichiers.old_in_quarantine()]
        return self._sum_up(files, originaux.free(), kept_back)

    def apply(self, listen: Callable[[int], None] = lambda n: None) -> list[Depart]:
        """Let it go; what went. ``listen`` is told how many went since it was told last."""
        fichiers = Fichiers(self.espace, self.par)
        files = [*fichiers.prune(), *fichiers.prune_quarantine()]
        listen(len(files))
        return self._sum_up(files, Originaux(self.espace, self.par).forget(listen), {})

    def finish(self) -> None:
        """Finish what an interruption left, as far as the entrepôt answers."""
        try:
            Originaux(self.espace, self.par).finish()
        except EntrepotAway as away:  # finished when it is back
            log.warning("entrepot_away", why=str(away))

    def at_night(self) -> None:
        """What the server does by itself: files that can be made again; received bytes only where it may."""
        Fichiers(self.espace, self.par).prune()
        if self.espace.settings.retention.automatique:
            try:
                Originaux(self.espace, self.par).forget(batches=_NIGHTLY)
            except SpoolBusy:  # a backup is being made: what is not forgotten tonight is tomorrow
                log.warning("originals_not_forgotten", why="a backup is being made")

    def _sum_up(
        self, files: Iterable[Ancien], bytes_: Sequence[Octets], kept_back: dict[tuple[bool, str], int]
    ) -> list[Depart]:
        zone = self.espace.settings.fuseau
        by_class: dict[str, list[tuple[int, date]]] = defaultdict(list)
        for ancien in files:
            by_class[ancien.classe].append((ancien.octets, ancien.depuis))
        seen: dict[str, Octets] = {one.sha256: one for one in reversed(bytes_)}  # the oldest of each
        for one in seen.values():
            code = "refuses" if one.refuse else "originaux"
            by_class[code].append((one.taille, one.recu_le.astimezone(zone).date()))
        retenus: dict[str, dict[str, int]] = defaultdict(dict)
        for (refused, why), many in kept_back.items():
            retenus["refuses" if refused else "originaux"][why] = many
        return [
            self._depart(classe, by_class[classe.code], retenus[classe.code])
            for classe in CLASSES
            if classe.cle
        ]

    def _depart(self, classe: Classe, found: list[tuple[int, date]], retenus: dict[str, int]) -> Depart:
        kept, days = self.espace.settings.retention, [day for _, day in found]
        return Depart(
            classe,
            tell_rule(BY_CODE[classe.code], kept) if classe.duree(kept) else "",
            len(found),
            sum(size for size, _ in found),
            min(days, default=None),
            max(days, default=None),
            retenus,
        )
