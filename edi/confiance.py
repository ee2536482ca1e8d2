"""How far the compiled form of each official sheet is trusted, on one database: counted, promoted, set aside.

Whoever coordinates judgements tells what their executions came to; that is kept here and written from time to
time, in a transaction of its own between two flux_list: never one an invoice. What a crash loses of it is
counts, which then lag behind. The state of a sheet is read for each flux, so that one that is set aside
anywhere judges nowhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from edi.model import LotJuge
from edi.model.confiance import Compte, EtatFeuille, Execution, ReglagesMoteur, add_up
from edi.store import feuilles as store
from edi.store.database import reading
from edi.validators.schematron.confiance import (
    COMPILED,
    OFFICIELLE,
    Compiled,
    Confiance,
    Preuve,
    first_state,
    shipped_proofs,
)

log = structlog.get_logger()

_MANY = 1_000  # executions that are kept before they are written


@dataclass(eq=False)
class Feuilles:
    """The official sheets, on one database."""

    base: Engine
    reglages: ReglagesMoteur
    now: Callable[[], datetime]
    compiled: Compiled = COMPILED
    proofs: tuple[Preuve, ...] = field(default_factory=shipped_proofs)
    _kept: list[Execution] = field(default_factory=list)
    _alone: threading.Lock = field(default_factory=threading.Lock)

    def current(self) -> Confiance:
        """How each sheet is to be run now."""
        if self.reglages.officiel:
            return OFFICIELLE
        compiler = self.compiled.compiler
        etats = {one.sha256: first_state(one.sha256, compiler, self.proofs) for one in self.proofs}
        with reading(self.base) as conn:
            etats |= {sha256: one.etat for sha256, one in store.states(conn, compiler).items()}
        return Confiance(etats, self.reglages.echantillon, compiled=self.compiled)

    def judge(self, judge: Callable[[Confiance], LotJuge]) -> LotJuge:
        """A lot, judged as sheets are trusted now. Not within a transaction.

        Where a sheet that decided is found to differ, it is set aside, and the whole lot judged again: the
        invoices that only its compiled form has seen are not decided by that.
        """
        confiance = self.current()
        lot = judge(confiance)
        self.note(lot.executions)
        differing = {one.feuille for one in lot.executions if one.ecart}
        if all(confiance.etat(sha256) is EtatFeuille.OMBRE for sha256 in differing):
            return lot
        self.flush()
        lot = judge(self.current())
        self.note(lot.executions)
        return lot

    def note(self, executions: Iterable[Execution]) -> None:
        """Keep what some executions came to; nothing is written, so that any transaction may be open."""
        asked = [one for one in executions if one.repli or one.ecart or one.voie.compile]
        with self._alone:
            self._kept += asked

    def flush(self, *, force: bool = False) -> None:
        """Write what is kept when it is much, or tells of a difference; ``force``: whatever it is.

        Not within a transaction.
        """
        with self._alone:
            due = force or len(self._kept) >= _MANY or any(one.ecart for one in self._kept)
            kept, self._kept = (self._kept, []) if due else ([], self._kept)
        if not kept:
            return
        try:
            self._record(add_up(kept))
        except SQLAlchemyError:
            with self._alone:
                self._kept = kept + self._kept
            raise

    def _record(self, counted: dict[str, Compte]) -> None:
        try:
            self._write(counted)
        except IntegrityError:  # another process counted a sheet for the first time at the same instant
            self._write(counted)

    def _write(self, counted: dict[str, Compte]) -> None:
        compiler, at = self.compiled.compiler, self.now()
        begun = {
            sha256: (compte, first_state(sha256, compiler, self.proofs)) for sha256, compte in counted.items()
        }
        with self.base.begin() as conn:
            lost = store.record(conn, compiler, begun, self.reglages.jalons, at)
        for one in lost:
            log.error("compiled_sheet_set_aside", sheet=one.nom, difference=one.dernier_ecart)
