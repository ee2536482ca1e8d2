"""A month of invoices, lived by those who send and those who receive them; drawn from a seed.

Partners act through their folders alone, as their own software would (``gestes.py``, ``destins.py``), and
keep their own books (``registre.py``); ``preuve.py`` compares these with the workspace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from destins import speak, take_in
from gestes import GESTES, SUITES, compare, promise
from marche import (
    SIGNATURE,
    Fournisseur,
    at,
    draw,
    import_annuaire,
    open_market,
    sign_late_mandats,
    sign_mandats,
)
from registre import Envoi, Parole, Pivot, Recu, Registre

from edi.app import App
from edi.assemblage import make_rejeu
from edi.espace import Espace
from edi.releve.service import Releves
from edi.store import rejets
from edi.wiring import make_engine

PARIS = ZoneInfo("Europe/Paris")
DEBUT = date(2026, 11, 2)
NUIT = range(11, 21)  # the days on which cycles de vie are grouped by night


class Mois:
    """One market and its days, counted from 1."""

    def __init__(self, root: Path, graine: int, fournisseurs: int = 50, destinataires: int = 30) -> None:
        self.rng = Random(graine)
        self.marche = draw(self.rng, fournisseurs, destinataires)
        self.registre = Registre()
        self.agenda: dict[tuple[str, int], list[Parole]] = {}  # by destinataire and day
        self.tenues: dict[str, list[Pivot]] = {}  # the invoices of each destinataire
        self.documents: dict[str, bytes] = {}  # what was redeposited last, by number
        self.repris: Counter[str] = Counter()  # suspensions and recyclages that were answered, by number
        self.rang = 0  # of the last lot that was drawn
        self._numeros: dict[str, int] = {}  # last flux number of each partner
        self._matins: dict[int, list[Callable[[Espace, int], None]]] = {}
        self.cle = Ed25519PrivateKey.from_private_bytes(self.rng.randbytes(32))
        (root / "config").mkdir(parents=True)
        pem = self.cle.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (root / "config" / "releve.pem").write_bytes(pem)
        self._espace = open_market(root, self.marche)

    def live(self, jours: int) -> Espace:
        """So many days; the workspace as it is just after the last midnight."""
        self.registre.jours = jours
        sign_mandats(self._at(1, time(6)), self.marche)
        for jour in range(1, jours + 1):
            if jour == 2:  # until then nothing can be judged: what came on the first day waits
                import_annuaire(self._at(jour, time(7)), self.marche)
            if self.works(jour):
                self._morning(jour)
                self._afternoon(jour)
            self._night(jour)
        espace = self._at(jours + 1, time(1))
        for code in (*(f.code for f in self.marche.fournisseurs), *(r.code for r in self.marche.raccordes)):
            self._fetch(espace, code)
        return espace

    def _morning(self, jour: int) -> None:
        """Suppliers read their answers and deposit."""
        espace = self._at(jour, time(9))
        for one in self.marche.fournisseurs:
            if self.rng.random() < 0.4:
                self._read_answers(espace, one, jour)
            if self.rng.random() < 0.3:
                (geste,) = self.rng.choices([g for _, g in GESTES], [w for w, _ in GESTES])
                geste(self, espace, one, jour)
        for due in sorted(due for due in self._matins if due <= jour):
            for planned in self._matins.pop(due):
                planned(espace, jour)
        self._run(espace)

    def _read_answers(self, espace: Espace, one: Fournisseur, jour: int) -> None:
        for recu in self._fetch(espace, one.code):
            for suite in SUITES:
                suite(self, one, recu, jour)
        yesterday = max((day for day in range(1, jour) if self.works(day)), default=0)
        if yesterday > 1 and self.rng.random() < 0.1:
            compare(self, espace, one, yesterday)

    def _afternoon(self, jour: int) -> None:
        """Destinataires take their invoices and say what they decided."""
        espace = self._at(jour, time(15))
        for one in self.marche.raccordes:
            for recu in self._fetch(espace, one.code):
                if recu.nom.startswith("FEN0036A"):
                    take_in(self, espace, one, recu, jour)
            speak(self, espace, one, jour)
        if jour == SIGNATURE:
            self._replay(espace)
        self._run(espace)

    def _replay(self, espace: Espace) -> None:
        """The late mandats are signed, and an operator has all that was rejected judged again."""
        sign_late_mandats(espace, self.marche)
        with espace.engine.begin() as conn:
            wanted = rejets.chosen(conn, rejets.Choix(), espace.settings.fuseau)
        list(make_rejeu(espace, make_engine(espace.settings), "").replay(wanted, valider=True))
        self.registre.envois = [
            replace(promise(envoi.spec, envoi.jour), attend_mandat=True)
            if envoi.attend_mandat and envoi.spec
            else envoi
            for envoi in self.registre.envois
        ]

    def _night(self, jour: int) -> None:
        """What waited for midnight leaves; the day that has ended is sealed."""
        espace = self._at(jour + 1, time(0, 5))
        self._run(espace)
        Releves(espace).put_all(self.day(jour))

    def _run(self, espace: Espace) -> None:
        App(espace, alarm=self.registre.alarmes.append).run_once()

    def _at(self, jour: int, heure: time) -> Espace:
        return at(self._espace, self.instant(jour, heure), "nuit" if jour in NUIT else "immediat")

    def _fetch(self, espace: Espace, code: str) -> list[Recu]:
        """Take every file of ``out`` away."""
        paths = sorted(espace.spool.outbox(code).iterdir())
        found = [Recu(code, path.name, path.read_bytes()) for path in paths]
        for path in paths:
            path.unlink()
        self.registre.recus += found
        return found

    # -- for those who move -------------------------------------------------------------------------------

    def deposit(self, espace: Espace, envoi: Envoi, data: bytes) -> None:
        """Put a flux into the ``in`` of its sender, aside then renamed, and into the books."""
        inbox = espace.spool.inbox(envoi.partenaire)
        (inbox / ".depot.part").write_bytes(data)
        (inbox / ".depot.part").rename(inbox / envoi.nom)
        self.registre.envois.append(envoi)

    def works(self, jour: int) -> bool:
        """Neither Saturday nor Sunday: then only the platform is up."""
        return self.day(jour).weekday() < 5

    def plan_morning(self, jour: int, what: Callable[[Espace, int], None]) -> None:
        """Do something on a morning to come, the next one on which people work."""
        self._matins.setdefault(jour, []).append(what)

    def next_number(self, code: str) -> int:
        """The number of the next flux of a partner."""
        self._numeros[code] = self._numeros.get(code, 0) + 1
        return self._numeros[code]

    def day(self, jour: int) -> date:
        return DEBUT + timedelta(days=jour - 1)

    def instant(self, jour: int, heure: time) -> datetime:
        return datetime.combine(self.day(jour), heure, PARIS)
