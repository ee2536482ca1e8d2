"""``edi facture show``: each statut with who took it, when by its own clock, and what was said with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from retours import write_retour
from workspace import deposit, make_espace, type_edi

from edi.app import App
from edi.espace import Espace, open_espace
from edi.samples import LotSpec, world
from edi.store import factures

LOT = LotSpec("ubl", 2, fautes=("service-inconnu",), destinataires=(world.SANS_OBLIGATION,))
SIRET = world.SANS_OBLIGATION.identifiant.valeur


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    root = make_espace(tmp_path / "espace").root
    config = root / "config" / "edi.toml"
    more = f'[[destinataire]]\ncode = "DST001"\nsiret = "{SIRET}"\nreadiness = "renommage"\n'
    config.write_text(f"{config.read_text('utf-8')}\n{more}", "utf-8")
    espace = open_espace(root)
    deposit(espace, LOT)
    App(espace).run_once()
    return espace


def numeros(espace: Espace) -> list[str]:
    with espace.engine.begin() as conn:
        return [facture.numero for facture in factures.of_flux(conn, 1)]


def test_what_a_destinataire_said_is_shown_with_each_statut(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    numero = numeros(espace)[0]
    said = [
        {"facture": numero, "statut": "06", "motif": "Il manque le bon.", "le": "2026-11-18T10:00:00+01:00"},
        {"facture": numero, "statut": "08", "mandat": "MDT-118", "complement": "Exercice 2026"},
    ]
    id_flux = f"DST001{1:019d}"
    data = write_retour(espace, "DST001", id_flux, {"statuts": said})
    (espace.spool.inbox("DST001") / f"STATUTS_DST001_{id_flux}.xml").write_bytes(data)
    App(espace).run_once()
    (fiche,) = type_edi(capsys, "-e", espace.root, "facture", "show", numero, "--json").json
    shown = type_edi(capsys, "-e", espace.root, "facture", "show", numero).out
    suspendue, mandatee = fiche["statuts"][-2:]

    assert (suspendue["statut"], suspendue["motif"]) == ("SUSPENDUE", "Il manque le bon.")
    assert suspendue["fait_le"].startswith("2026-11-18T")
    assert (mandatee["mandat"], mandatee["complement"]) == ("MDT-118", "Exercice 2026")
    assert mandatee["par"].endswith(f"({SIRET})")
    assert mandatee["flux_statuts"] == 2
    for told in ("motif : Il manque le bon.", "mandat : MDT-118", "complément : Exercice 2026", SIRET):
        assert told in shown


def test_a_rejection_at_deposit_shows_the_motif_of_what_was_found(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    (fiche,) = type_edi(capsys, "-e", espace.root, "facture", "show", numeros(espace)[1], "--json").json
    (rejet,) = fiche["statuts"]

    assert rejet["motif"] == fiche["motif"] != ""
    assert rejet["par"] == "la plateforme"
