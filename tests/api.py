"""A workspace with something of everything, and programs that ask its API, for tests."""

from __future__ import annotations

from pathlib import Path

from console import Heure, make_client
from starlette.testclient import TestClient
from workspace import deposit, import_annuaire, make_espace

from edi.app import App
from edi.espace import Espace
from edi.gestes.jetons import create_jeton
from edi.model import Echeance, Etape, EtapeFaite, Genre, Issue, Role
from edi.samples import LotSpec
from edi.store import passages

API = "/api/v1"


def make_full_espace(root: Path) -> Espace:
    """AAA123: flux 1 waits (there was no annuaire), 2 whole, 3 in part, 4 irrecevable; BBB456: flux 5."""
    espace = make_espace(root, annuaire=False)
    deposit(espace, LotSpec("ubl", 1, numero_flux=9, graine=9))
    App(espace).run_once()
    import_annuaire(espace)
    with espace.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE flux SET prochain_essai = NULL")  # an operator must act first
    deposit(espace, LotSpec("ubl", 2, numero_flux=1))
    deposit(espace, LotSpec("ubl", 3, numero_flux=2, graine=2, fautes={2: "service-inconnu"}))
    deposit(espace, LotSpec("ubl", 2, numero_flux=3, graine=3, tronque=True))
    App(espace).run_once()
    deposit(espace, LotSpec("ubl", 1, numero_flux=1, graine=4, appli="BBB456"))
    App(espace).run_once()
    _record_night(espace)
    return espace


def _record_night(espace: Espace) -> None:
    now = espace.now()
    with espace.engine.begin() as conn:
        made = passages.begin(conn, "nuit", Echeance(now.date(), now, now), Genre.MANUEL, "un test", now)
        passages.begin_step(conn, made.id, Etape.COLLECTE, now)
        done = EtapeFaite(Etape.COLLECTE, now, now, Issue.AVEC_DEFAUTS, {"flux": 2}, ("Un défaut.",))
        passages.end_step(conn, made.id, done)
        passages.end(conn, made.id, now, Issue.AVEC_DEFAUTS, None)


def make_token(espace: Espace, role: Role, *deposants: str, nom: str = "") -> str:
    return create_jeton(espace, nom or role.name.lower(), role, deposants, 30, "un test")[1]


def as_program(espace: Espace, token: str, heure: Heure | None = None) -> TestClient:
    """A program that shows a token."""
    headers = {"Authorization": f"Bearer {token}"}
    return make_client(espace, heure, headers=headers, base_url=f"http://testserver{API}/")
