"""One invoice in the console: what is wrong beside its document, what it says, its files, its life."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from console import add_user, enter
from lxml import etree
from sqlalchemy import select
from starlette.testclient import TestClient
from workspace import copy_espace, deposit, make_espace

from edi.app import App
from edi.console.avenir import foresee
from edi.console.source import ENTIER, match
from edi.console.source import select as select_lines
from edi.espace import Espace, open_espace
from edi.facsimile import lay_out
from edi.model import FactureStatut, Finding, Flux, FluxStatut, LigneSource, Role, Severity
from edi.outbound.suites import suite_deposee
from edi.samples import LotSpec
from edi.store.database import reading
from edi.store.tables import facture, finding, flux
from edi.xml import where

MIDI = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("facture") / "template"
    espace = make_espace(root)
    deposit(espace, LotSpec("ubl", 3, numero_flux=1, graine=2, fautes={2: "service-inconnu"}))
    deposit(espace, LotSpec("mixte", 2, numero_flux=2, graine=3, archive="xml"))
    deposit(espace, LotSpec("facturx", 1, numero_flux=3, graine=8, fautes=("ttc-faux",)))
    App(espace).run_once()
    again = LotSpec("ubl", 3, numero_flux=1, graine=2)
    deposit(espace, again, "FSO1100A_AAA123_AAA1231100000000000000004.tar.gz")  # the first lot, as another
    App(espace).run_once()
    add_user(espace, "marie")
    add_user(espace, "ouest", Role.FOURNISSEUR, "AAA123")
    add_user(espace, "armor", Role.FOURNISSEUR, "BBB456")
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


@pytest.fixture
def as_user(espace: Espace) -> Callable[[str], TestClient]:
    return partial(enter, espace)


@pytest.fixture
def marie(as_user: Callable[[str], TestClient]) -> TestClient:
    return as_user("marie")


def ids(espace: Espace, flux_id: int, statut: str = "") -> list[int]:
    query = select(facture.c.id).where(facture.c.flux_id == flux_id).order_by(facture.c.ordre)
    with reading(espace.engine) as conn:
        return list(conn.execute(query.where(facture.c.statut == statut) if statut else query).scalars())


def marked(page: str) -> list[str]:
    """The texts of the lines of the document that a finding means."""
    lines = re.findall(r'<li id="l\d+" class="touchee">(.*?)</li>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", line).replace("&lt;", "<").replace("&gt;", ">") for line in lines]


def test_a_rejected_invoice_shows_why_and_the_very_element(marie: TestClient, espace: Espace) -> None:
    (rejected,) = ids(espace, 1, "NON_CONFORME")
    page = marie.get(f"/factures/{rejected}").text
    (line,) = marked(page)

    assert "EDI-SERVICE-02" in page
    assert "SERVICE_INCONNU</cbc:ID>" in line
    assert '<dt>Motif</dt><dd class="code">REJ_CONT_B2G</dd>' in page


def test_in_a_pdf_the_element_of_its_xml_is_shown(marie: TestClient, espace: Espace) -> None:
    (rejected,) = ids(espace, 3)
    (line,) = marked(marie.get(f"/factures/{rejected}").text)

    assert "ram:SpecifiedTradeSettlementHeaderMonetarySummation" in line


def test_an_invoice_is_readable_with_its_lines_its_totals_and_its_life(
    marie: TestClient, espace: Espace
) -> None:
    accepted = ids(espace, 1, "MISE_A_DISPOSITION")[0]
    page = marie.get(f"/factures/{accepted}").text
    with reading(espace.engine) as conn:
        row = conn.execute(select(facture).where(facture.c.id == accepted)).one()

    assert f"<h1>Facture {row.numero}</h1>" in page
    assert row.fournisseur_nom in page
    assert "Récapitulatif de TVA" in page
    assert page.count('<tr class="ligne-facture">') == row.lignes
    assert "Mise à disposition du destinataire" in page
    assert marked(page) == []


def test_of_a_file_with_several_invoices_one_alone_is_shown(marie: TestClient, espace: Espace) -> None:
    first, second = ids(espace, 2)
    beside = re.compile(r'<section class="carte rapprochement".*?</section>', re.DOTALL)  # it names another
    pages = [beside.sub("", marie.get(f"/factures/{number}").text) for number in (first, second)]
    with reading(espace.engine) as conn:
        numbers = list(conn.execute(select(facture.c.numero).where(facture.c.flux_id == 2)).scalars())

    assert [number in page for page in pages for number in numbers] == [True, False, False, True]


def test_the_document_and_its_attachments_are_given_as_files(marie: TestClient, espace: Espace) -> None:
    first = ids(espace, 2)[0]
    document, piece = marie.get(f"/factures/{first}/document"), marie.get(f"/factures/{first}/pieces/0")

    assert document.content.startswith(b"<?xml")
    assert piece.content.startswith(b"%PDF-")
    for answer in (document, piece):
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["content-type"] == "application/octet-stream"
    assert marie.get(f"/factures/{first}/pieces/99").status_code == 404
    assert marie.get(f"/factures/{first}/pieces/-1").status_code == 404


def test_a_doublon_leads_to_its_original_and_what_may_follow_is_told(
    marie: TestClient, espace: Espace
) -> None:
    original, doublon = ids(espace, 1)[0], ids(espace, 4)[0]
    pages = [marie.get(f"/factures/{number}").text for number in (original, doublon)]

    assert f'L\'originale de ce numéro : <a href="/factures/{original}">' in pages[1]
    assert "L'originale" not in pages[0]
    assert '<span class="possible">Mise en paiement</span>' in pages[0]
    assert "Aucun statut ne suit celui-ci" in pages[1]


def test_who_may_still_say_what_is_read_off_the_tables_of_transitions() -> None:
    told = {statut: [one.par for one in foresee(statut)] for statut in (None, *FactureStatut)}

    assert told[None] == ["la plateforme"]
    assert told[FactureStatut.MISE_A_DISPOSITION] == [
        "l'ordonnateur du destinataire",
        "le comptable du destinataire",
    ]
    assert "l'émetteur" in told[FactureStatut.SUSPENDUE]
    assert [statut for statut, who in told.items() if not who] == [
        FactureStatut.REJETEE,
        FactureStatut.MISE_EN_PAIEMENT,
        FactureStatut.NON_CONFORME,
    ]


@pytest.mark.parametrize(
    ("essai", "acteur"), [(MIDI, "la plateforme"), (None, "l'exploitant de la plateforme")]
)
def test_an_invoice_that_waits_says_who_must_act(essai: datetime | None, acteur: str) -> None:
    flux = Flux(1, "t", "AAA123", "n", "", "", "", 0, MIDI, FluxStatut.EN_ATTENTE, prochain_essai=essai)
    held = Finding("EDI-DISJONCTEUR-01", Severity.HOLD, "x", location="", line=None)
    suite = suite_deposee(None, [held], flux)

    assert (suite.acteur, suite.etape) == (acteur, "règles")


def test_without_its_bytes_an_invoice_shows_what_the_database_keeps(
    marie: TestClient, espace: Espace
) -> None:
    (rejected,) = ids(espace, 1, "NON_CONFORME")
    with reading(espace.engine) as conn:
        sha256 = conn.execute(select(flux.c.sha256).where(flux.c.id == 1)).scalar_one()
    espace.spool.blob(sha256).unlink()
    page = marie.get(f"/factures/{rejected}")

    assert page.status_code == 200
    assert "EDI-SERVICE-02" in page.text
    assert "ne se relit plus" in page.text
    assert marie.get(f"/factures/{rejected}/document").status_code == 404


def test_a_supplier_sees_its_own_invoices_and_no_other(
    as_user: Callable[[str], TestClient], espace: Espace
) -> None:
    number = ids(espace, 2)[0]
    paths = [f"/factures/{number}{rest}" for rest in ("", "/document", "/pieces/0")]

    assert [as_user("ouest").get(path).status_code for path in paths] == [200] * 3
    assert [as_user("armor").get(path).status_code for path in paths] == [404] * 3


def test_a_document_is_written_on_the_page_as_text_whatever_it_holds(
    marie: TestClient, espace: Espace
) -> None:
    (rejected,) = ids(espace, 1, "NON_CONFORME")
    with espace.engine.begin() as conn:
        conn.execute(finding.update().values(message="<script>alert(1)</script>", value='"><img src=x>'))
    page = marie.get(f"/factures/{rejected}").text

    assert "<script>alert" not in page
    assert "<img" not in page


# -- the document laid out --------------------------------------------------------------------------------

XML = b"""<a xmlns="urn:x" xmlns:p="urn:p"><!-- remark --><p:b k="1 &lt; 2">un</p:b><c/><c><d>deux</d><d/></c>
<p:BinaryObject>%s</p:BinaryObject></a>""" % (b"QUJD" * 100)


def test_each_element_is_a_line_whose_path_is_the_one_that_findings_bear() -> None:
    root = etree.fromstring(XML)
    lines = list(lay_out(root, ""))

    assert [line.chemin for line in lines if line.debut] == [where(element) for element in root.iter("{*}*")]
    assert [(line.profondeur, line.debut + line.texte + line.fin) for line in lines] == [
        (0, "<a>"),
        (1, '<p:b k="1 < 2">un</p:b>'),
        (1, "<c/>"),
        (1, "<c>"),
        (2, "<d>deux</d>"),
        (2, "<d/>"),
        (1, "</c>"),
        (1, "<p:BinaryObject>… 400 caractères en base64 …</p:BinaryObject>"),
        (0, "</a>"),
    ]


def test_a_part_is_laid_out_from_its_own_margin() -> None:
    lines = list(lay_out(etree.fromstring(XML), "/a/c[2]"))

    assert [(line.profondeur, line.debut or line.fin) for line in lines] == [
        (0, "<c>"),
        (1, "<d>"),
        (1, "<d/>"),
        (0, "</c>"),
    ]


def found_at(location: str, line: int | None = None) -> Finding:
    return Finding("X-01", Severity.ERROR, "x", location=location, line=line)


@pytest.mark.parametrize(
    ("location", "line", "path"),
    [
        ("/a/p:b", None, "/a/p:b"),
        ("/a/p:b/@k", None, "/a/p:b"),
        ("/a/c[2]/e", None, "/a/c[2]"),  # an element that is missing: the one that lacks it
        ("/a[1]/c[2]/d[1]", None, "/a/c[2]/d[1]"),
        ("factur-x.xml#/a/p:b", None, "/a/p:b"),
        ("", 2, "/a/p:BinaryObject"),
        ("", None, None),
        ("/z", None, None),
    ],
)
def test_a_finding_is_matched_with_its_element_or_the_nearest_one_around(
    location: str, line: int | None, path: str | None
) -> None:
    lines = list(lay_out(etree.fromstring(XML), ""))
    at = match(lines, [found_at(location, line)])

    assert [lines[rank].chemin for rank in at] == ([path] if path else [])


def test_of_a_long_document_what_is_around_a_finding_is_shown_and_the_rest_is_counted() -> None:
    lines = [LigneSource(f"/a/b[{n}]", n, 1, "<b/>") for n in range(1, ENTIER + 1_000)]
    shown, left = select_lines(lines, {2_000: [1]})

    assert [one.rang for one in shown if one.constats] == [2_001]
    assert len(shown) < 100
    assert len(shown) + left + sum(one.sautees for one in shown) == len(lines)
    assert select_lines(lines[:ENTIER], {})[1] == 0
