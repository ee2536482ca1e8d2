"""Relevés put into ``statut/``, and contre-relevés of ``test/`` answered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import structlog

from edi.espace import Espace
from edi.inbound.tableau import TableauRefused
from edi.model import Deposant
from edi.outbound.essai import Reponse, write_comparaison
from edi.releve.contre import as_told, compare, is_contre_releve
from edi.releve.jour import CleRefused, Releve, make_releve, read_cle, read_day

log = structlog.get_logger()


@dataclass(frozen=True)
class Releves:
    """The relevés of a workspace."""

    espace: Espace
    process: str = ""

    def put(self, appli: str, jour: date) -> Releve:
        """Write or replace the relevé of a day. Raises CleRefused, OSError."""
        espace = self.espace
        cle = espace.settings.releve.cle
        key = read_cle(espace.root / cle) if cle else None
        with espace.engine.begin() as conn:
            etats = read_day(conn, appli, jour, espace.settings.fuseau)
        made = make_releve(etats, appli, jour, espace.now(), espace.settings.fuseau, key)
        for nom, data in made.fichiers.items():
            espace.spool.tell(appli, nom, data, self.process)
        return made

    def put_all(self, jour: date, but: Collection[str] = ()) -> None:
        """The relevés of a day that has ended, but of some; one that cannot be made is told in the log."""
        for appli in sorted(self.espace.settings.deposants.keys() - set(but)):
            try:
                self.put(appli, jour)
            except (CleRefused, OSError):
                log.exception("releve_not_written", appli=appli, jour=jour.isoformat())

    def answer(self, path: Path, nom: str, deposant: Deposant) -> Reponse | None:
        """The answer to a contre-relevé; None for any other file."""
        if not is_contre_releve(nom):
            return None
        espace = self.espace
        try:
            with espace.engine.begin() as conn:
                found = compare(conn, path, nom, deposant.code, espace.settings.fuseau)
        except TableauRefused as why:
            return write_comparaison(nom, espace.now(), {}, refus=str(why))
        return write_comparaison(nom, espace.now(), as_told(found))
