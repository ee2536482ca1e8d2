"""Signatures as a part of a judgement: which are looked for, where they are told, who verifies them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from lxml import etree
from signing import identites, sign_document, sign_ubl, sign_xml
from workspace import make_espace, run_edi, type_edi

from edi.engine import EngineFailed, InProcess
from edi.inbound.envelope import Enveloppe
from edi.judge import Demande, judge_whole
from edi.lots import Received, judge_lot
from edi.model import FichierJuge, Limites, LotJuge, Politique
from edi.samples import LotSpec, make_lot
from edi.samples.document import make_facture
from edi.samples.faults import CII, CII_MIN, FACTURX, LES_E2, MIXTE, REFORME, UBL, UBL_MIN
from edi.samples.pieces import write_zip

T = TypeVar("T")

JOUR = date(2026, 11, 20)
INSTANT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def demande(exigee: bool = False, instant: datetime = INSTANT, interface: str = "") -> Demande:
    ancres = (identites()["autorite"].pem,)
    return Demande(interface, JOUR, Politique(ancres=ancres), Limites(), instant, exigee)


def codes(fichier: FichierJuge) -> list[tuple[str, str]]:
    """Code and location of what is told of signatures, by invoice."""
    told = [f for jugee in fichier.factures for f in jugee.findings]
    assert not any(f.code.startswith("EDI-SIGNATURE") for f in fichier.findings)
    return [(f.code, f.location) for f in told if f.code.startswith("EDI-SIGNATURE")]


EVERY = pytest.mark.parametrize("nom_format", [UBL, REFORME, UBL_MIN, CII_MIN, MIXTE, FACTURX])
CONTENU = {
    UBL_MIN: "/Invoice/cac:AdditionalDocumentReference/cac:Attachment/cbc:EmbeddedDocumentBinaryObject",
    CII_MIN: "/rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement"
    "/ram:AdditionalReferencedDocument/ram:AttachmentBinaryObject",
    MIXTE: "/CPPFactureMixte/CPPFactures/CPPFactureMixteUnitaire/PJ/Contenu",
    FACTURX: "",
}
DS = "ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/ds:Signature"


@EVERY
@pytest.mark.parametrize("exigee", [False, True])
def test_a_valid_signature_is_not_worth_a_word(nom_format: str, exigee: bool) -> None:
    signed = sign_document(make_facture(nom_format), ["reconnue"])
    fichier = judge_whole("facture", signed, demande(exigee))

    assert codes(fichier) == []
    assert [jugee.verdict.accepted for jugee in fichier.factures] == [True]


@pytest.mark.parametrize("nom_format", [UBL_MIN, CII_MIN, MIXTE, FACTURX])
@pytest.mark.parametrize(
    ("comment", "code"), [("modifiee", "EDI-SIGNATURE-01"), ("inconnue", "EDI-SIGNATURE-03")]
)
def test_a_bad_signature_is_told_where_it_stands(nom_format: str, comment: str, code: str) -> None:
    fichier = judge_whole("facture", sign_document(make_facture(nom_format), [comment]), demande())

    assert codes(fichier) == [(code, CONTENU[nom_format])]


def test_a_bad_signature_of_the_xml_is_told_at_its_element() -> None:
    signed = sign_document(make_facture(REFORME), ["inconnue"])

    assert codes(judge_whole("f.xml", signed, demande())) == [("EDI-SIGNATURE-03", f"/Invoice/{DS}")]


@pytest.mark.parametrize(
    ("nom_format", "place"),
    [(UBL, "/Invoice"), (CII, "/rsm:CrossIndustryInvoice"), *CONTENU.items()],
)
def test_a_signature_is_missed_only_where_the_deposit_says_that_it_is_signed(
    nom_format: str, place: str
) -> None:
    data = make_facture(nom_format)

    assert codes(judge_whole("facture", data, demande())) == []
    assert codes(judge_whole("facture", data, demande(exigee=True))) == [("EDI-SIGNATURE-02", place)]


@pytest.mark.parametrize("faute", ["piece-jointe-sans-facture", "piece-jointe-zip-tronque"])
def test_an_attached_invoice_that_is_not_there_is_not_told_to_lack_a_signature(faute: str) -> None:
    fichier = judge_whole("f.xml", make_facture(MIXTE, faute=faute), demande(exigee=True))

    assert codes(fichier) == []
    assert [jugee.verdict.accepted for jugee in fichier.factures] == [False]


def test_a_mixed_document_may_be_signed_as_a_whole_instead() -> None:
    signed = sign_ubl(identites()["reconnue"], make_facture(UBL_MIN))

    assert codes(judge_whole("f.xml", signed, demande(exigee=True))) == []


def test_the_mark_of_a_signature_does_not_make_one() -> None:
    marked = make_facture(FACTURX) + b"% /ByteRange [0 1 2 3]\n"

    assert codes(judge_whole("f.pdf", marked, demande())) == []
    assert codes(judge_whole("f.pdf", marked, demande(exigee=True))) == [("EDI-SIGNATURE-02", "")]


@pytest.mark.parametrize(
    ("instant", "found"),
    [
        (datetime(2019, 12, 31, tzinfo=UTC), ["EDI-SIGNATURE-01"]),
        (datetime(2020, 1, 2, tzinfo=UTC), []),
        (datetime(2048, 12, 31, tzinfo=UTC), []),
        (datetime(2049, 1, 2, tzinfo=UTC), ["EDI-SIGNATURE-03"]),
    ],
)
def test_a_certificate_is_judged_at_the_instant_of_the_deposit(instant: datetime, found: list[str]) -> None:
    signed = sign_document(make_facture(FACTURX), ["reconnue"])
    fichier = judge_whole("f.pdf", signed, demande(instant=instant))

    assert [code for code, _ in codes(fichier)] == found


def test_without_an_instant_it_is_the_noon_of_the_day() -> None:
    assert Demande("", JOUR, Politique(), Limites()).moment == datetime(2026, 11, 20, 12, tzinfo=UTC)


# -- the schema -------------------------------------------------------------------------------------------


def test_the_schema_of_the_invoice_says_nothing_of_what_stands_in_a_signature() -> None:
    """The schemas of UBL hold an older XAdES, which does not know what is signed with today."""
    signed = sign_document(make_facture(UBL), ["reconnue"])

    assert b"SigningCertificateV2" in signed
    assert [jugee.findings for jugee in judge_whole("f.xml", signed, demande()).factures] == [()]


def test_a_signature_in_a_place_that_the_schema_does_not_admit_is_told_with_its_line() -> None:
    signed = sign_xml(identites()["reconnue"], make_facture(MIXTE))
    (jugee,) = judge_whole("f.xml", signed, demande()).factures
    (told,) = jugee.findings
    line = next(etree.fromstring(signed).iter("{*}Signature")).sourceline

    assert (told.code, told.location, told.line) == ("EDI-XSD-01", "/CPPFactureMixte/ds:Signature", line)


# -- where it is verified ---------------------------------------------------------------------------------


class Records:
    """An engine that writes down what it is asked to run, and runs it here or fails."""

    window = 1

    def __init__(self, fails: bool = False) -> None:
        self.asked: list[str] = []
        self.fails = fails

    def submit(self, function: Callable[..., T], /, *args: Any, weight: int = 0) -> Future[T]:
        self.asked.append(function.__name__)
        if self.fails:
            failed: Future[T] = Future()
            failed.set_exception(EngineFailed("le contrôle n'a pas fini dans son délai"))
            return failed
        return InProcess().submit(function, *args)

    def close(self) -> None:
        """Nothing was started."""


def judge_files(files: dict[str, bytes], engine: Records, folder: Path, extension: str = "zip") -> LotJuge:
    path = folder / f"lot.{extension}"
    path.write_bytes(write_zip(tuple(files.items())) if extension == "zip" else files.popitem()[1])
    received = Received(path, Enveloppe(path.name, "", "", "", extension), None)
    return judge_lot(received, demande(), engine, lambda wanted: None)


def test_only_what_bears_a_signature_goes_to_the_engine_for_it(tmp_path: Path) -> None:
    engine = Records()
    files = {
        "1.xml": make_facture(UBL),
        "2.xml": sign_document(make_facture(UBL, graine=2), ["modifiee"]),
        "3.xml": make_facture(MIXTE, graine=3),
        "4.xml": sign_document(make_facture(MIXTE, graine=4), ["inconnue"]),
        "5.pdf": sign_document(make_facture(FACTURX, graine=5), ["modifiee"]),
    }
    lot = judge_files(files, engine, tmp_path)

    assert engine.asked == ["verify_signatures", "verify_signatures", "judge_briefly"]
    assert [[code for code, _ in codes(fichier)] for fichier in lot.fichiers] == [
        [],
        ["EDI-SIGNATURE-01"],
        [],
        ["EDI-SIGNATURE-03"],
        ["EDI-SIGNATURE-01"],
    ]


def test_a_signature_that_could_not_be_looked_at_holds_its_file(tmp_path: Path) -> None:
    files = {"1.xml": make_facture(UBL), "2.xml": sign_document(make_facture(UBL, graine=2), ["reconnue"])}
    lot = judge_files(files, Records(fails=True), tmp_path)

    assert [[f.code for f in fichier.findings] for fichier in lot.fichiers] == [[], ["EDI-MOTEUR-01"]]
    assert (lot.acceptees, lot.en_attente) == (1, 1)


@pytest.mark.parametrize("nom_format", [UBL, *LES_E2])
def test_the_libraries_of_signatures_are_not_loaded_for_unsigned_files(
    tmp_path: Path, nom_format: str
) -> None:
    (tmp_path / "f.xml").write_bytes(make_facture(nom_format))
    script = (
        "import sys; from datetime import date; from pathlib import Path;"
        "from edi.judge import Demande, judge_whole; from edi.model import Limites, Politique;"
        "import edi.pipeline;"
        "data = Path(sys.argv[1]).read_bytes();"
        "demande = Demande('', date(2026, 11, 20), Politique(), Limites(), None, True);"
        "told = judge_whole('f.xml', data, demande);"
        "print(len(told.factures), sorted({'pyhanko', 'signxml', 'asn1crypto'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "f.xml")], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "1 []"


# -- end to end ------------------------------------------------------------------------------------------


@pytest.fixture
def signed_lots(tmp_path: Path) -> Path:
    """A workspace that trusts our authority, and whose déposant AAA123 says that its deposits are signed."""
    espace = make_espace(tmp_path / "espace")
    (espace.root / "autorite.pem").write_bytes(identites()["autorite"].pem)
    config = espace.root / "config" / "edi.toml"
    text = config.read_text().replace('code = "AAA123"', 'code = "AAA123"\nsignature = "exigee"')
    config.write_text(f'[signature]\nancres = ["autorite.pem"]\n{text}')
    return espace.root


def write_signed(folder: Path, nom_format: str, comment: str) -> str:
    lot = make_lot(LotSpec(nom_format, 1, archive="pdf" if nom_format == FACTURX else "xml", avoirs=False))
    (folder / lot.nom).write_bytes(sign_document(lot.data, [comment]))
    return lot.nom


@pytest.mark.parametrize(
    ("nom_format", "comment", "code", "told"),
    [
        (FACTURX, "reconnue", 0, []),
        (FACTURX, "modifiee", 1, ["EDI-SIGNATURE-01"]),
        (FACTURX, "inconnue", 0, ["EDI-SIGNATURE-03"]),
        (FACTURX, "", 1, ["EDI-SIGNATURE-02"]),
        (MIXTE, "modifiee", 1, ["EDI-SIGNATURE-01"]),
        (UBL, "inconnue", 0, ["EDI-SIGNATURE-03"]),
    ],
)
def test_edi_check_tells_what_a_deposit_would_be_told_of_its_signature(
    signed_lots: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    nom_format: str,
    comment: str,
    code: int,
    told: list[str],
) -> None:
    monkeypatch.chdir(signed_lots)
    typed = type_edi(
        capsys, "check", "--as", "AAA123", "--json", write_signed(signed_lots, nom_format, comment)
    )
    found = [f["code"] for facture in typed.json[0]["factures"] for f in facture["findings"]]

    assert (typed.code, found) == (code, told)


def test_signatures_are_verified_in_worker_processes_all_the_same(signed_lots: Path) -> None:
    config = signed_lots / "config" / "edi.toml"
    config.write_text(config.read_text().replace('mode = "in_process"', "travailleurs = 1"))
    noms = [write_signed(signed_lots, nom_format, "modifiee") for nom_format in (FACTURX, MIXTE)]
    done = run_edi("check", "--as", "AAA123", "--json", *noms, cwd=signed_lots)

    assert done.returncode == 1
    assert done.stdout.count("EDI-SIGNATURE-01") == 2
