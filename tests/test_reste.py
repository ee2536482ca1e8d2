"""The reste du lot: only what is to be mended, with why; its redeposit is recognised and linked."""

from __future__ import annotations

import csv
import io
import json
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from workspace import deposit, make_espace, type_edi

from edi.app import App
from edi.espace import Espace, open_espace
from edi.inbound.reste import Marque, is_companion, read_marque, write_marque
from edi.model import FactureStatut
from edi.reste import NoReste, make_reste
from edi.samples import LotSpec, make_files, make_lot
from edi.store import factures, suivis
from edi.store import flux as flux_store

LOT = LotSpec("ubl", 4, numero_flux=1, fautes=("service-inconnu", "numero-trop-long"))
AGAIN = "FSO1100A_AAA123_AAA1231100000000000000002.zip"


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    espace = make_espace(tmp_path / "espace")
    deposit(espace, LOT)
    App(espace).run_once()
    return espace


def reste_of(espace: Espace, flux_id: int = 1) -> zipfile.ZipFile:
    with espace.engine.begin() as conn:
        flux = flux_store.get(conn, flux_id)
        made = make_reste(conn, espace.spool, flux, espace.settings.as_limites())
    return zipfile.ZipFile(io.BytesIO(made.data))


def mend(archive: zipfile.ZipFile, folder: str = "") -> bytes:
    """What a supplier does: unpack, correct, pack everything again."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as again:
        for nom in archive.namelist():
            data = archive.read(nom)
            again.writestr(f"{folder}{nom}", data)
    return made.getvalue()


def put(espace: Espace, data: bytes, nom: str = AGAIN) -> None:
    (espace.spool.inbox("AAA123") / nom).write_bytes(data)
    App(espace).run_once()


def originals() -> dict[str, bytes]:
    """The files of the lot as they were sent."""
    with tarfile.open(fileobj=io.BytesIO(make_lot(LOT).data)) as lot:
        return {m.name: source.read() for m in lot.getmembers() if (source := lot.extractfile(m))}


def test_it_holds_the_very_bytes_of_the_rejected_files_and_no_other(espace: Espace) -> None:
    archive = reste_of(espace)
    with espace.engine.begin() as conn:
        deposees = factures.of_flux(conn, 1)
    rejected = {f.fichier for f in deposees if f.statut is FactureStatut.NON_CONFORME}
    found = {nom: archive.read(nom) for nom in archive.namelist() if not is_companion(nom)}

    assert len(rejected) == 2
    assert found == {nom: data for nom, data in originals().items() if nom in rejected}


def test_its_findings_open_in_a_spreadsheet_and_say_what_to_do(espace: Espace) -> None:
    text = reste_of(espace).read("_navette/findings.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))

    assert {row["code"] for row in rows} == {"EDI-SERVICE-02", "EDI-NUMERO-02"}
    assert all(row["fichier"] and row["facture"] and row["message"] and row["a_faire"] for row in rows)


def test_it_is_the_same_whenever_it_is_made(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        flux = flux_store.get(conn, 1)
        one, two = (make_reste(conn, espace.spool, flux, espace.settings.as_limites()) for _ in range(2))

    assert one == two


@pytest.mark.parametrize("folder", ["", "RESTE_AAA1231100000000000000001/"])
def test_its_redeposit_is_judged_without_our_files_and_linked_both_ways(
    espace: Espace, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(espace, mend(reste_of(espace), folder))
    with espace.engine.begin() as conn:
        again = flux_store.get(conn, 2)
    shown = type_edi(capsys, "-e", espace.root, "flux", "show", "2").out
    original = type_edi(capsys, "-e", espace.root, "flux", "show", "1", "--json").json
    told = json.loads((espace.spool.statut("AAA123") / "AAA1231100000000000000001.json").read_bytes())

    assert (again.acceptees, again.rejetees) == (0, 2)  # nothing was mended yet: the same two, no other file
    assert "Reste du flux AAA1231100000000000000001 (n° 1)." in shown
    assert original["restes"] == [2]
    assert told["restes"] == ["AAA1231100000000000000002"]


def as_tar(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for nom, data in files.items():
            entry = tarfile.TarInfo(nom)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def mended() -> dict[str, bytes]:
    """The two files that were rejected, as their supplier corrects them; one number was too long."""
    right = dict(make_files(replace(LOT, fautes=())))
    return {nom: right[nom] for nom in sorted(right)[2:]}


def test_a_reste_redeposited_as_a_tar_gz_is_linked_by_its_numbers(espace: Espace) -> None:
    put(espace, as_tar(mended()), AGAIN.replace(".zip", ".tar.gz"))
    with espace.engine.begin() as conn:
        linked, again = suivis.reste_de(conn, 2), flux_store.get(conn, 2)

    assert (linked, again.acceptees, again.rejetees) == (1, 2, 0)


def test_a_reste_redeposited_as_a_loose_file_is_linked_by_its_number(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    put(espace, mended()["facture_0003.xml"], AGAIN.replace(".zip", ".xml"))
    shown = type_edi(capsys, "-e", espace.root, "flux", "show", "2").out

    assert "Reste du flux AAA1231100000000000000001 (n° 1)." in shown


def test_a_doublon_of_an_accepted_invoice_mends_nothing(espace: Espace) -> None:
    accepted = originals()["facture_0001.xml"]
    for rank in (2, 3):
        put(espace, accepted, AGAIN.replace("0002.zip", f"000{rank}.xml"))
    with espace.engine.begin() as conn:
        linked = [suivis.reste_de(conn, flux_id) for flux_id in (2, 3)]

    assert linked == [None, None]


def test_the_invoices_of_another_deposant_link_nothing(espace: Espace) -> None:
    """BBB456 deposits the same invoice, which the seller gave it a mandat for."""
    nom = AGAIN.replace("AAA123", "BBB456").replace(".zip", ".xml")
    (espace.spool.inbox("BBB456") / nom).write_bytes(mended()["facture_0003.xml"])
    App(espace).run_once()
    with espace.engine.begin() as conn:
        linked, again = suivis.reste_de(conn, 2), flux_store.get(conn, 2)

    assert (linked, again.acceptees) == (None, 1)


def test_a_mark_of_another_deposant_links_nothing(espace: Espace) -> None:
    data = mend(reste_of(espace))
    nom = AGAIN.replace("AAA123", "BBB456")
    (espace.spool.inbox("BBB456") / nom).write_bytes(data)
    App(espace).run_once()
    with espace.engine.begin() as conn:
        linked = suivis.reste_de(conn, 2)

    assert linked is None


def test_an_archive_of_our_files_alone_holds_no_invoice(espace: Espace) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("_navette/reste.json", write_marque(Marque("X", "0" * 64)))
    put(espace, made.getvalue())
    with espace.engine.begin() as conn:
        codes = [finding.code for _, _, finding in factures.findings_of(conn, 2)]

    assert codes == ["EDI-ARCHIVE-08"]


@pytest.mark.parametrize("mark", [b"", b"{", b"[]", b'{"reste_de": 1}', b"\xff", b" " * 5000])
def test_a_mark_that_is_not_ours_is_no_mark(mark: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("_navette/reste.json", mark)

    assert read_marque(tmp_path / "a.zip", 10) is None


@pytest.mark.parametrize("nom", ["reste.json", "_navette", "_navette/facture.xml", "a_navette/reste.json"])
def test_a_file_that_only_looks_like_ours_is_judged(nom: str) -> None:
    assert not is_companion(nom)


def test_a_doublon_is_not_to_be_redeposited(espace: Espace) -> None:
    lot = make_lot(LotSpec("ubl", 4, numero_flux=1))
    deposit_lot = LotSpec("ubl", 4, numero_flux=7, graine=9)
    deposit(espace, deposit_lot)
    App(espace).run_once()
    first = make_lot(deposit_lot)
    assert lot.nom != first.nom
    (espace.spool.inbox("AAA123") / first.nom.replace("07.", "08.")).write_bytes(first.data)
    App(espace).run_once()

    with espace.engine.begin() as conn, pytest.raises(NoReste, match="aucun fichier"):
        make_reste(conn, espace.spool, flux_store.get(conn, 3), espace.settings.as_limites())


def test_a_flux_without_rejection_has_none(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    deposit(espace, LotSpec("ubl", 1, numero_flux=5, graine=5))
    App(espace).run_once()
    done = type_edi(capsys, "-e", espace.root, "flux", "reste", "2", "--vers", espace.root / "ici")

    assert done.code == 2
    assert "n'a pas de reste (Intégré)" in done.err


def test_the_command_writes_the_archive(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    done = type_edi(capsys, "-e", espace.root, "flux", "reste", "1", "--vers", espace.root / "ici")

    assert "2 fichiers à corriger" in done.out
    assert (espace.root / "ici" / "RESTE_AAA1231100000000000000001.zip").is_file()


def test_a_deposant_that_wants_it_finds_it_in_out_once(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "espace")
    config = espace.root / "config" / "edi.toml"
    text = config.read_text("utf-8")
    config.write_text(text.replace('code = "AAA123"', 'code = "AAA123"\nreste = true'), "utf-8")
    espace = open_espace(espace.root)
    deposit(espace, LOT)
    App(espace).run_once()
    path = espace.spool.outbox("AAA123") / "RESTE_AAA1231100000000000000001.zip"
    given = path.read_bytes()
    path.unlink()  # its déposant took it
    with espace.engine.begin() as conn:
        suivis.forget_told(conn)
    App(espace).run_once()

    assert zipfile.ZipFile(io.BytesIO(given)).namelist()[0] == "_navette/reste.json"
    assert not path.exists()
