"""Deposits by hand: from the form to the statut, and what never becomes one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from console import add_user, enter, token_of
from sqlalchemy import func, select
from starlette.testclient import TestClient
from workspace import answers, make_espace

from edi.app import App
from edi.espace import Espace, open_espace
from edi.model import Role
from edi.samples import LotSpec, make_lot
from edi.samples.world import KERVADEC
from edi.samples.pieces import write_pdf
from edi.store.tables import depot_manuel, facture, flux, journal

PDF = write_pdf(("Facture F-2026-1", "TTC 120,00 EUR"))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("manuel") / "template"
    espace = make_espace(root)
    add_user(espace, "marie")
    add_user(espace, "lise", Role.LECTURE)
    add_user(espace, "ouest", Role.FOURNISSEUR, "AAA123")
    add_user(espace, "armor", Role.FOURNISSEUR, "BBB456")
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    shutil.copytree(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


def typed(**changes: str) -> dict[str, str]:
    """The minimum data of an invoice of KERVADEC for Brest."""
    return {
        "cadre": "A1",
        "type": "380",
        "mode_paiement": "30",
        "numero": "F-2026-1",
        "date": "15/11/2026",
        "devise": "eur",
        "fournisseur": KERVADEC.identifiant.valeur,
        "destinataire": "12345678200051",
        "ht": "100",
        "tva": "20,00",
        "ttc": "120,00",
        "net": "120,00",
        "taux1": "20",
        **changes,
    }


def send(client: TestClient, data: bytes, nom: str = "facture.xml", acte: str = "depot", **fields: str):  # type: ignore[no-untyped-def]
    """Hand in a file through the form, as a browser does: the token first."""
    jeton = token_of(client.get("/deposer").text)
    form = {"jeton": jeton, "deposant": "AAA123", "raison": "panne de son logiciel", "acte": acte, **fields}
    return client.post("/deposer", data=form, files={"fichier": (nom, data)})
