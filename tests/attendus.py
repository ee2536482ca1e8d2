"""Déposants with a rhythm: histories made at once, a workspace whose clock a test moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from messagerie import Box
from nuits import EspaceDeNuit, Horloge, add_settings, at_night
from sqlalchemy import insert
from workspace import make_espace

from edi.alertes.veille import Veille
from edi.assemblage import make_veille
from edi.attendus import registre
from edi.espace import Espace, open_espace
from edi.model import Attendu, EtatAttendu, FluxStatut, JoursAttendus, Plage, Recu, Saisie, Volumes
from edi.store import flux as flux_store
from edi.store.tables import facture

PARIS = ZoneInfo("Europe/Paris")
WEEKDAYS = JoursAttendus(frozenset(range(5)))
TOLERANCE = timedelta(minutes=15)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def expect(debut: str = "22:00", fin: str = "02:00", **change: Any) -> Attendu:
    """Something confirmed long ago, every working day."""
    values: dict[str, Any] = {
        "jours": WEEKDAYS,
        "fuseau": PARIS,
        "du": date(2020, 1, 1),
        "etat": EtatAttendu.CONFIRME,
        "id": 1,
    }
    hours = {"debut": time.fromisoformat(debut), "fin": time.fromisoformat(fin)}
    return Attendu("AAA123", **{**values, **hours, **change})


def plage(low: int | None, high: int | None = None) -> Plage:
    return Plage(*(None if bound is None else Decimal(bound) for bound in (low, high)))


def recus(instants: Iterable[datetime], factures: int | None = 100, ttc: int = 1000) -> list[Recu]:
    """One flux at each of these instants."""
    return [
        Recu(number, le, factures, (("EUR", Decimal(ttc)),)) for number, le in enumerate(sorted(instants), 1)
    ]


def every_day(first: date, last: date, heure: str, jours: JoursAttendus = WEEKDAYS) -> Iterator[datetime]:
    """A local hour on each of these days."""
    for n in range((last - first).days + 1):
        jour = first + timedelta(days=n)
        if jour.weekday() in jours.semaine:
            yield datetime.combine(jour, time.fromisoformat(heure), PARIS)


# -- a whole workspace ------------------------------------------------------------------------------------


@dataclass
class Monde:
    """A workspace, its clock, and one process that looks after it for as long as it is not restarted."""

    espace: EspaceDeNuit
    veille: Veille
    told: list[tuple[str, str, str]] = field(default_factory=list)  # local instant, nature, watch
    numero: int = 0

    @property
    def horloge(self) -> Horloge:
        return self.espace.horloge

    def restart(self) -> None:
        self.veille = make_veille(self.espace)

    def reopen(self) -> None:
        """With its configuration as it is now."""
        self.espace = at_night(open_espace(self.espace.root), self.horloge)
        self.restart()

    def confirm(self, attendu: Attendu, appli: str = "AAA123") -> None:
        """Expect that of a déposant from now on, as an operator would."""
        by = Saisie(self.espace.now(), "soazig")
        with self.espace.engine.begin() as conn:
            registre.confirm(conn, registre.propose(conn, replace(attendu, appli=appli), by), by)

    def look_until(self, text: str, minutes: int = 5) -> list[tuple[str, str, str]]:
        """A look every few minutes until a local hour; what operators were told meanwhile."""
        until, before = paris(text), len(self.told)
        while self.horloge.at < until:
            self.horloge.move(minutes=minutes)
            for one in self.veille.look():
                at = self.horloge.at.astimezone(PARIS)
                self.told.append((f"{at:%d/%m %H:%M}", one.nature.name, one.alerte.regle))
        return self.told[before:]

    def receive(self, appli: str = "AAA123", factures: int = 100, ttc: int = 10, **more: Any) -> None:
        """One flux of so many invoices, decided at once."""
        self.numero += 1
        record(self.espace, appli, self.horloge.at, self.numero, factures, ttc, **more)

    def folder(self, appli: str = "AAA123") -> Mapping[str, str]:
        """What a déposant reads in its ``statut`` of what is expected of it."""
        found = sorted(self.espace.spool.statut(appli).glob("signalement-*"))
        return {path.name: path.read_text("utf-8") for path in found}


def record(
    espace: Espace,
    appli: str,
    at: datetime,
    numero: int,
    factures: int = 100,
    ttc: int = 10,
    statut: FluxStatut = FluxStatut.INTEGRE,
) -> None:
    """A flux of the past, as if it had been received and decided; its invoices count one row for them all."""
    with espace.engine.begin() as conn:
        flux = flux_store.record(conn, f"t{appli}{numero}", appli, f"f{numero}", at.astimezone(UTC), statut)
        flux_store.describe(conn, flux.id, acceptees=factures, recues=factures)
        conn.execute(insert(facture).values(**_invoice(flux.id, numero, factures * ttc)))


def _invoice(flux_id: int, numero: int, ttc: int) -> dict[str, Any]:
    texts = [column.name for column in facture.c if str(column.type) in ("TEXT", "VARCHAR(32)")]
    amounts = dict.fromkeys(("ht", "tva", "net")) | {"ttc": Decimal(ttc)}
    numbers = {"flux_id": flux_id, "ordre": 1, "rang": 1, "lignes": 1, "pieces_jointes": 0}
    given = {"numero": f"F{numero}", "type": "380", "devise": "EUR", "statut": "MISE_A_DISPOSITION"}
    return {**dict.fromkeys(texts, ""), **amounts, **numbers, **given}


def make_monde(root: Path, start: str, *blocs: str, attendu: Attendu | None = None) -> Monde:
    """A workspace whose clock starts at a local hour, and what is expected of AAA123 in it."""
    espace = make_espace(root)
    espace.engine.dispose()
    config = root / "config" / "edi.toml"
    quiet = "[alertes]\nplace = 1\nsilence = false\n"
    config.write_text(quiet + config.read_text("utf-8"), "utf-8")
    add_settings(root, *blocs)
    world = at_night(open_espace(root), Horloge(paris(start)))
    monde = Monde(world, make_veille(world))
    if attendu is not None:
        monde.confirm(attendu)
    return monde


def bodies(box: Box) -> list[tuple[str, str]]:
    """The mails that came: (to, subject)."""
    return [(str(mail["To"]), str(mail["Subject"])) for mail in box.mails]


def volumes(flux: Plage | None = None, factures: Plage | None = None, eur: Plage | None = None) -> Volumes:
    amounts = () if eur is None else (("EUR", eur),)
    return Volumes(flux or plage(1), factures or Plage(), amounts)
