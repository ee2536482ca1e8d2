"""An accepted invoice taken up again: what may change, what is refused, by a flux, by a file, by hand."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from lxml import etree
from retours import write_retour
from workspace import Typed, later, make_espace, type_edi

from edi.app import App
from edi.audit import audit
from edi.espace import Espace, open_espace
from edi.inbound.readers import ubl
from edi.model import Facture, FactureStatut, Identifiant, Nature, Note, Partie, PieceJointe
from edi.releve.jour import make_releve, read_day
from edi.samples import LotSpec, make_files, world
from edi.samples.pieces import write_pdf
from edi.store import emissions, factures
from edi.validators.reprise import adds_something, differences, goes_elsewhere
from edi.xml import parse

BREST = world.BREST.identifiant.valeur
DEPOT = LotSpec("ubl", 1, archive="xml", jour=date(2026, 11, 20), destinataires=(world.BREST,))
DOCUMENT = make_files(DEPOT)[0][1]
NUMERO = "FA-G7XTF-0001"
ECOLES, CULTURE = b"<cbc:ID>ECOLES</cbc:ID>", b"<cbc:ID>CULTURE</cbc:ID>"

Edi = Callable[..., Typed]


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    """A workspace in which the city of Brest is connected, and has an invoice at its disposal."""
    root = tmp_path / "espace"
    made = make_espace(root)
    made.engine.dispose()
    config = root / "config" / "edi.toml"
    connected = ["[[destinataire]]", f'siret = "{BREST}"', 'code = "DST001"', 'readiness = "renommage"']
    config.write_text("\n".join([config.read_text(), *connected]))
    espace = open_espace(root)
    deposit(espace, DOCUMENT, 1)
    return espace


@pytest.fixture
def edi(espace: Espace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Edi:
    monkeypatch.chdir(espace.root)
    return lambda *arguments: type_edi(capsys, *arguments)


def deposit(espace: Espace, data: bytes, rang: int) -> None:
    nom = f"FSO1100A_AAA123_AAA1231100{rang:015d}.xml"
    (espace.spool.inbox("AAA123") / nom).write_bytes(data)
    App(espace).run_once()


def answer(espace: Espace, rang: int, statut: str, motif: str = "Voir avec la direction.") -> None:
    """What Brest says of the invoice."""
    id_flux = f"DST001{rang:019d}"
    told: dict[str, Any] = {"statuts": [{"facture": NUMERO, "statut": statut, "motif": motif}]}
    data = write_retour(espace, "DST001", id_flux, told)
    (espace.spool.inbox("DST001") / f"STATUTS_DST001_{id_flux}.xml").write_bytes(data)
    App(espace).run_once()


def pivots(espace: Espace) -> list[bytes]:
    return [path.read_bytes() for path in sorted(espace.spool.outbox("DST001").glob("FEN0036A*"))]


def told(espace: Espace) -> list[str]:
    """The statuts that have left for the déposant, in order."""
    flows = sorted(espace.spool.outbox("AAA123").glob("FEN1200A*"))
    return [e.text or "" for path in flows for e in etree.parse(path).iter("IdStatut")]


def statut(espace: Espace) -> FactureStatut | None:
    with espace.engine.begin() as conn:
        return factures.get(conn, 1).statut


def pieces(pivot: bytes) -> dict[str, bytes]:
    found = {}
    for piece in etree.fromstring(pivot).iter("PJ"):
        with ZipFile(io.BytesIO(base64.b64decode(piece.findtext("Contenu") or ""))) as archive:
            found[piece.findtext("NomPJ") or ""] = archive.read(archive.infolist()[0])
    return found


def ecarts(espace: Espace) -> tuple[Any, ...]:
    return audit(espace.engine, espace.spool, espace.now()).ecarts


# -- by a flux --------------------------------------------------------------------------------------------


def test_a_recycled_invoice_lives_on_where_it_is_sent(espace: Espace) -> None:
    answer(espace, 1, "04")
    deposit(later(espace, 24), DOCUMENT.replace(ECOLES, CULTURE), 2)
    first, second = (etree.fromstring(data) for data in pivots(espace))

    assert (first.findtext(".//Renvoi"), first.findtext(".//CodeService")) == ("Non", "ECOLES")
    assert (second.findtext(".//Renvoi"), second.findtext(".//CodeService")) == ("Recyclée", "CULTURE")
    assert told(espace) == ["01", "02", "03", "04", "01", "02", "03"]
    assert ecarts(espace) == ()


def test_a_pivot_made_again_after_a_recyclage_has_its_first_bytes(espace: Espace) -> None:
    answer(espace, 1, "04")
    deposit(later(espace, 24), DOCUMENT.replace(ECOLES, CULTURE), 2)
    answer(later(espace, 48), 2, "04")
    deposit(later(espace, 72), DOCUMENT, 3)
    app = App(espace)
    with espace.engine.begin() as conn:
        booked = [e for i in (1, 3, 5) for e in emissions.of_flux(conn, i) if e.interface == "FEN0036A"]
    again = [app.pipeline.sortie.make(emission) for emission in booked]

    assert [made[0] for made in again if made] == pivots(espace)
    assert len(again) == 3


def test_the_releve_counts_an_amount_once(espace: Espace) -> None:
    answer(espace, 1, "04")
    next_day = later(espace, 24)
    deposit(next_day, DOCUMENT.replace(ECOLES, CULTURE), 2)
    jour, zone = next_day.today(), espace.settings.fuseau
    with espace.engine.begin() as conn:
        etats = read_day(conn, "AAA123", jour, zone)
    made = make_releve(etats, "AAA123", jour, next_day.now(), zone, None)
    totaux = json.loads(made.fichiers[f"releve-{jour}.json"])["totaux"]

    assert (totaux["recues"], totaux["acceptees"], totaux["reprises"]) == (1, 1, 1)
    assert totaux["montants_ttc"] == {}


def test_two_takers_of_one_suspended_invoice_in_a_lot_are_a_doublon(espace: Espace) -> None:
    answer(espace, 1, "04")
    mended = DOCUMENT.replace(ECOLES, CULTURE)
    archive = io.BytesIO()
    with ZipFile(archive, "w") as target:
        target.writestr("a.xml", mended)
        target.writestr("b.xml", mended)
    nom = f"FSO1100A_AAA123_AAA1231100{2:015d}.zip"
    (espace.spool.inbox("AAA123") / nom).write_bytes(archive.getvalue())
    (flux,) = App(espace).run_once()
    with espace.engine.begin() as conn:
        codes = [f.code for _, _, f in factures.findings_of(conn, flux.id)]

    assert (flux.acceptees, flux.rejetees, codes) == (1, 1, ["EDI-DOUBLON-02"])
    assert ecarts(espace) == ()


# -- by hand ----------------------------------------------------------------------------------------------


def test_a_recyclage_by_hand_is_shown_first_then_done(espace: Espace, edi: Edi) -> None:
    answer(espace, 1, "04")
    shown = edi("facture", "recycle", NUMERO, "--service", "CULTURE", "--a-blanc")
    assert shown.code == 0
    assert statut(espace) is FactureStatut.A_RECYCLER

    done = edi("facture", "recycle", NUMERO, "--service", "CULTURE")
    assert (done.code, statut(espace)) == (0, FactureStatut.EN_COURS_ACHEMINEMENT)
    App(espace).run_once()
    second = etree.fromstring(pivots(espace)[1])
    card = edi("facture", "show", NUMERO).out

    assert (second.findtext(".//Renvoi"), second.findtext(".//CodeService")) == ("Recyclée", "CULTURE")
    assert told(espace) == ["01", "02", "03", "04", "01", "02", "03"]
    assert "Recyclée le" in card
    assert "ECOLES" in card
    assert ecarts(espace) == ()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--service", "NULLE_PART"), "EDI-SERVICE-02"),
        (("--siret", "00099999900018"), "EDI-DEST-"),
        (("--service", "ECOLES"), "ne changent"),
        ((), "ne changent"),
    ],
)
def test_a_recyclage_that_would_be_refused_changes_nothing(
    espace: Espace, edi: Edi, options: tuple[str, ...], why: str
) -> None:
    answer(espace, 1, "04")
    before = told(espace)
    done = edi("facture", "recycle", NUMERO, *options)
    App(espace).run_once()

    assert done.code == 2
    assert why in done.out + done.err
    assert (statut(espace), told(espace), len(pivots(espace))) == (FactureStatut.A_RECYCLER, before, 1)


def test_what_is_not_to_be_recycled_is_not(edi: Edi) -> None:
    done = edi("facture", "recycle", NUMERO, "--service", "CULTURE")

    assert (done.code, "n'est pas à recycler" in done.err) == (2, True)


def test_a_suspended_invoice_is_given_a_file_and_a_word(espace: Espace, edi: Edi, tmp_path: Path) -> None:
    answer(espace, 1, "06")
    bon = tmp_path / "bon.pdf"
    bon.write_bytes(write_pdf(("Bon de livraison",)))
    done = edi("facture", "complete", NUMERO, "--piece", str(bon), "--commentaire", "Livré le 12.")
    App(espace).run_once()
    given = pieces(pivots(espace)[1])

    assert (done.code, statut(espace)) == (0, FactureStatut.COMPLETEE)
    assert given["bon.pdf"] == bon.read_bytes()
    assert given["commentaire_du_fournisseur.txt"].decode() == "Livré le 12."
    assert etree.fromstring(pivots(espace)[1]).findtext(".//Renvoi") == "Complétée"
    assert told(espace)[-2:] == ["06", "12"]
    assert ecarts(espace) == ()


@pytest.mark.parametrize(
    ("nom", "data", "why"),
    [
        ("virus.exe", b"MZ\0\0", "EDI-PJ-"),
        (f"{'bon' * 20}.pdf", write_pdf(("Bon",)), "EDI-PJ-"),
        ("vide.pdf", b"", "EDI-PJ-"),
    ],
)
def test_an_attachment_that_no_deposit_may_bear_is_refused(
    espace: Espace, edi: Edi, tmp_path: Path, nom: str, data: bytes, why: str
) -> None:
    answer(espace, 1, "06")
    (tmp_path / nom).write_bytes(data)
    done = edi("facture", "complete", NUMERO, "--piece", str(tmp_path / nom))

    assert done.code == 2
    assert why in done.out + done.err
    assert statut(espace) is FactureStatut.SUSPENDUE


def test_what_is_odd_about_an_attachment_is_said(espace: Espace, edi: Edi, tmp_path: Path) -> None:
    answer(espace, 1, "06")
    (tmp_path / "bon.pdf").write_bytes(b"%PDF-1.4 no more")
    done = edi("facture", "complete", NUMERO, "--piece", str(tmp_path / "bon.pdf"))

    assert (done.code, statut(espace)) == (0, FactureStatut.COMPLETEE)
    assert "EDI-PJ-" in done.out


def test_a_rejection_is_acknowledged_once(espace: Espace, edi: Edi) -> None:
    answer(espace, 1, "05")
    first, again = edi("facture", "acquitte", NUMERO), edi("facture", "acquitte", NUMERO)

    assert (first.code, again.code) == (0, 0)
    assert ": acquitté." in first.out
    assert "déjà acquitté" in again.out
    assert "« Rejetée » acquitté le" in edi("facture", "show", NUMERO).out


def test_a_second_suspension_is_acknowledged_anew(espace: Espace, edi: Edi) -> None:
    answer(espace, 1, "06")
    edi("facture", "acquitte", NUMERO)
    hours = later(espace, 1)
    edi("facture", "complete", NUMERO, "--commentaire", "Voici.")
    answer(hours, 2, "06")
    done = type_in(edi, hours)

    assert ": acquitté." in done.out


def type_in(edi: Edi, espace: Espace) -> Typed:
    config = espace.root / "config" / "edi.toml"
    config.write_text(config.read_text().replace("2026-11-20T09:00:00", "2026-11-20T12:00:00"))
    return edi("facture", "acquitte", NUMERO)


# -- what changed -----------------------------------------------------------------------------------------


def read(data: bytes) -> Facture:
    (facture,) = ubl.read(parse(data), 10**7)
    return facture


AVANT = read(DOCUMENT)
PIECE = PieceJointe("bon.pdf", "02", "application/pdf", 12)


@pytest.mark.parametrize(
    ("apres", "nom"),
    [
        (replace(AVANT, type="381"), "le type de document"),
        (replace(AVANT, cadre="A2"), "le cadre de facturation"),
        (replace(AVANT, date=date(2026, 1, 1)), "la date"),
        (replace(AVANT, devise="USD"), "la devise"),
        (replace(AVANT, marche="M-2026"), "le numéro de marché"),
        (replace(AVANT, fournisseur=Partie(Identifiant("1", "00031001100028"))), "le fournisseur"),
        (replace(AVANT, montants=AVANT.montants._replace(ttc=Decimal("1"))), "le total TTC"),
        (replace(AVANT, montants=AVANT.montants._replace(ht=None)), "le total HT"),
        (replace(AVANT, tva=AVANT.tva[:-1]), "le nombre de lignes de TVA"),
        (
            replace(AVANT, tva=(AVANT.tva[0]._replace(base=Decimal(1)), *AVANT.tva[1:])),
            "la ligne de TVA n° 1",
        ),
        (
            replace(AVANT, calculs=(AVANT.calculs[0]._replace(prix=Decimal(9)), *AVANT.calculs[1:])),
            "la ligne n° 1",
        ),
        (
            replace(AVANT, termes={**AVANT.termes, "BT-84": ("FR7610107001011234567890129",)}),
            "le terme BT-84",
        ),
        (replace(AVANT, pieces_jointes=(*AVANT.pieces_jointes, PIECE)), "la pièce jointe « bon.pdf »"),
        (replace(AVANT, notes=(*AVANT.notes, Note("", "Bonjour"))), "une note"),
    ],
)
def test_a_recyclage_shows_whatever_else_changed(apres: Facture, nom: str) -> None:
    assert [found.nom for found in differences(Nature.RECYCLAGE, AVANT, apres)] == [nom]


@pytest.mark.parametrize(
    ("apres", "noms"),
    [
        (replace(AVANT, service="CULTURE"), ["le service"]),
        (replace(AVANT, engagement="E1"), ["l'engagement"]),
        (replace(AVANT, destinataire=Partie(Identifiant("1", "1"))), ["le destinataire"]),
        (replace(AVANT, pieces_jointes=(*AVANT.pieces_jointes, PIECE)), []),
        (replace(AVANT, notes=(*AVANT.notes, Note("", "Bonjour"))), []),
    ],
)
def test_a_complement_adds_and_changes_nothing(apres: Facture, noms: list[str]) -> None:
    assert [found.nom for found in differences(Nature.COMPLEMENT, AVANT, apres)] == noms


def test_a_complement_may_not_take_an_attachment_away() -> None:
    avant = replace(AVANT, pieces_jointes=(PIECE,))
    apres = replace(AVANT, pieces_jointes=(PIECE._replace(nom="autre.pdf"),))
    (found,) = differences(Nature.COMPLEMENT, avant, apres)

    assert (found.nom, found.avant, found.apres) == ("la pièce jointe « bon.pdf »", "12 octets", "")


def test_what_follows_the_destinataire_may_change_with_it() -> None:
    apres = replace(
        AVANT,
        destinataire=Partie(Identifiant("1", "12345678200051"), "AUTRE"),
        termes={**AVANT.termes, "BT-48": ("FR83123456782",), "BT-45": ("Autre",)},
    )

    assert list(differences(Nature.RECYCLAGE, AVANT, apres)) == []
    assert (goes_elsewhere(AVANT, apres), adds_something(AVANT, apres)) == (True, False)
