"""The antivirus in the life of a flux: what it is shown, what an answer comes to, and clamd where it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from clamd import EICAR, honest, infect, listening, real_clamd
from lxml import etree
from test_remise import connect
from workspace import answers, later, make_espace, type_edi

from edi.antivirus import INFECTE, INJOIGNABLE, SAIN, TROP_GROS, Scan
from edi.app import App
from edi.engine import InProcess
from edi.espace import Espace, open_espace
from edi.inbound import cards
from edi.inbound.envelope import Enveloppe
from edi.judge import Demande
from edi.lots import Received, judge_lot
from edi.model import FluxStatut, Limites, LotJuge, Outcome, Politique
from edi.samples import LotSpec, make_files
from edi.samples.document import JOUR, make_facture
from edi.samples.faults import FACTURX, LES_E2, MIXTE, UBL_MIN
from edi.samples.pieces import write_zip
from edi.store import factures
from edi.store import flux as flux_store


class Sees:
    """An antivirus that remembers what it was shown, and finds EICAR, or says what it is told to say."""

    def __init__(self, **answers: str) -> None:
        self.shown: list[bytes] = []
        self.answers = {nom.encode(): etat for nom, etat in answers.items()}

    def __call__(self, chunks: Iterable[bytes]) -> Scan:
        data = b"".join(chunks)
        self.shown.append(data)
        for piece, etat in self.answers.items():
            if piece in data:
                return Scan(etat)
        return Scan(INFECTE, "Eicar") if EICAR in data else Scan(SAIN)


def judge_bytes(data: bytes, extension: str, scanner: Sees, folder: Path, **limites: Any) -> LotJuge:
    path = folder / f"flux.{extension}"
    path.write_bytes(data)
    received = Received(path, Enveloppe(path.name, "", "", "", extension), None)
    demande = Demande("", JOUR, Politique(), Limites(**limites))
    return judge_lot(received, demande, InProcess(), lambda wanted: None, scanner=scanner)


def told(lot: LotJuge) -> tuple[list[str], list[list[str]]]:
    """Codes found in the flux itself, and in each of its files."""
    return [f.code for f in lot.findings], [[f.code for f in fichier.findings] for fichier in lot.fichiers]


# -- what it is shown -------------------------------------------------------------------------------------


@pytest.mark.parametrize("nom_format", LES_E2)
def test_it_is_shown_the_flux_each_file_and_each_attachment_out_of_its_base64_and_its_zip(
    tmp_path: Path, nom_format: str
) -> None:
    files = make_files(LotSpec(nom_format, 2, pieces_jointes=True))
    flux = write_zip(files)
    scanner = Sees()
    judge_bytes(flux, "zip", scanner, tmp_path)
    kinds = [data[:2] for data in scanner.shown[1:]]

    assert scanner.shown[0] == flux
    assert kinds == [b"<?", b"PK", b"%P", b"PK", b"%P"] * 2
    assert [scanner.shown[1], scanner.shown[6]] == [data for _, data in files]


def test_a_flux_of_one_file_is_shown_once(tmp_path: Path) -> None:
    data = make_facture(FACTURX)
    scanner = Sees()
    judge_bytes(data, "pdf", scanner, tmp_path)

    assert scanner.shown == [data]


@pytest.mark.parametrize(
    ("cut", "shown"),
    [
        (lambda base64: "AAAA" + base64, [b"\0\0\0PK", b"%PDF-"]),  # something before the zip
        (lambda base64: base64[:80], [b"PK\x03\x04"]),
        (lambda base64: "Qk9OSk9VUg==", [b"BONJOUR"]),
        (lambda base64: "not base64", []),
        (lambda base64: "", []),
    ],
)
def test_an_attachment_is_shown_as_far_as_it_can_be_opened(
    tmp_path: Path, cut: Callable[[str], str], shown: list[bytes]
) -> None:
    tree = etree.fromstring(make_facture(MIXTE))
    element = next(tree.iter("Contenu"))
    element.text = cut(element.text or "")
    scanner = Sees()
    judge_bytes(etree.tostring(tree), "xml", scanner, tmp_path)

    assert len(scanner.shown) == 1 + len(shown)
    assert all(data.startswith(start) for data, start in zip(scanner.shown[1:], shown, strict=True))


@pytest.mark.parametrize("data", [b"", b"no invoice", b"<a>", b"%PDF-1.7 broken"])
def test_what_is_no_invoice_is_refused_for_that(tmp_path: Path, data: bytes) -> None:
    lot = judge_bytes(data, "xml", Sees(), tmp_path)

    assert lot.outcome is Outcome.IRRECEVABLE
    assert not any(code.startswith("EDI-ANTIVIRUS") for codes in told(lot)[1] for code in codes)


# -- what an answer comes to ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nom_format", "place", "location"),
    [
        (
            UBL_MIN,
            "piece",
            "/Invoice/cac:AdditionalDocumentReference/cac:Attachment/cbc:EmbeddedDocumentBinaryObject",
        ),
        (MIXTE, "piece", "/CPPFactureMixte/CPPFactures/CPPFactureMixteUnitaire/PJ/Contenu"),
        (MIXTE, "document", ""),
        (FACTURX, "document", ""),
    ],
)
def test_an_infected_file_is_refused_alone_and_nothing_else_is_said_of_it(
    tmp_path: Path, nom_format: str, place: str, location: str
) -> None:
    (good, data), (bad, clean) = make_files(LotSpec(nom_format, 2, avoirs=False))
    lot = judge_bytes(write_zip(((good, data), (bad, infect(clean, place)))), "zip", Sees(), tmp_path)
    (finding,) = lot.fichiers[1].findings

    assert told(lot) == ([], [[], ["EDI-ANTIVIRUS-01"]])
    assert (finding.location, finding.value) == (location, bad)
    assert (lot.acceptees, lot.rejetees, lot.outcome) == (1, 1, Outcome.PARTIAL)


def test_an_infection_that_lies_in_none_of_the_files_refuses_the_whole_flux(tmp_path: Path) -> None:
    scanner = Sees(PK=INFECTE)  # the archive itself, not what it holds
    lot = judge_bytes(write_zip(make_files(LotSpec(FACTURX, 2))), "zip", scanner, tmp_path)

    assert told(lot) == (["EDI-ANTIVIRUS-01"], [])
    assert lot.outcome is Outcome.IRRECEVABLE


def test_an_infected_flux_that_is_refused_for_its_form_is_told_both(tmp_path: Path) -> None:
    data = write_zip(make_files(LotSpec(FACTURX, 2)))[:-30] + EICAR
    lot = judge_bytes(data, "zip", Sees(), tmp_path)

    assert [code[:11] for code in told(lot)[0]] == ["EDI-ANTIVIR", "EDI-ARCHIVE"]


@pytest.mark.parametrize("etat", [INJOIGNABLE, TROP_GROS])
@pytest.mark.parametrize("where", ["PK", "factur-x.xml", "/Type /Catalog"])
def test_what_it_cannot_say_holds_the_flux_with_all_its_invoices(
    tmp_path: Path, etat: str, where: str
) -> None:
    lot = judge_bytes(write_zip(make_files(LotSpec(FACTURX, 2))), "zip", Sees(**{where: etat}), tmp_path)

    assert told(lot) == (["EDI-ANTIVIRUS-02"], [])
    assert (lot.outcome, lot.acceptees) == (Outcome.UNDECIDED, 0)


def test_one_attachment_it_cannot_say_anything_of_holds_the_flux(tmp_path: Path) -> None:
    lot = judge_bytes(make_facture(MIXTE), "xml", Sees(**{"%PDF": TROP_GROS}), tmp_path)
    (finding,) = lot.findings

    assert (finding.code, finding.location) == (
        "EDI-ANTIVIRUS-02",
        "/CPPFactureMixte/CPPFactures/CPPFactureMixteUnitaire/PJ/Contenu",
    )
    assert "n'examine pas de contenu aussi gros" in finding.message


def test_a_flux_that_is_too_large_is_refused_for_that_and_not_shown(tmp_path: Path) -> None:
    scanner = Sees(**{"": INJOIGNABLE})
    lot = judge_bytes(write_zip(make_files(LotSpec(FACTURX, 2))), "zip", scanner, tmp_path, flux=100)

    assert scanner.shown == []
    assert lot.outcome is Outcome.IRRECEVABLE


# -- in the pipeline, and in edi check --------------------------------------------------------------------


def set_antivirus(espace: Espace, address: str) -> Espace:
    config = espace.root / "config" / "edi.toml"
    config.write_text(f'[antivirus]\nadresse = "{address}"\ndelai = 20\n{config.read_text()}')
    return open_espace(espace.root)


def run(espace: Espace) -> list[tuple[FluxStatut, int, str]]:
    """One pass; statut, failed attempts and incident of every flux."""
    App(espace).run_once()
    with espace.engine.begin() as conn:
        _, found = flux_store.search(conn)
    return [(flux.statut, flux.tentatives, flux.incident) for flux in found]


def put(espace: Espace, spec: LotSpec, files: Iterable[tuple[str, bytes]]) -> None:
    (espace.spool.inbox(spec.appli) / spec.nom).write_bytes(write_zip(tuple(files)))


SPEC = LotSpec(UBL_MIN, 2, archive="zip", avoirs=False)


def test_a_silent_antivirus_holds_for_ever_and_nothing_is_answered(tmp_path: Path) -> None:
    espace = set_antivirus(make_espace(tmp_path / "espace", tentatives=1), "/nulle/part/clamd.ctl")
    put(espace, SPEC, make_files(SPEC))
    held = [run(later(espace, 2 * hours)) for hours in range(3)]

    assert [[statut for statut, _, _ in each] for each in held] == [[FluxStatut.EN_ATTENTE]] * 3
    assert held[0][0][2] == (
        f"Le fichier « {SPEC.nom} » attend : l'antivirus de la plateforme n'a pas répondu."
    )
    assert answers(espace) == {}


def infected(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    for rank, (nom, data) in enumerate(files):
        yield nom, infect(data, "piece") if rank else data


def test_clamd_itself_finds_what_an_attachment_hides_and_the_rest_of_the_lot_goes_on(tmp_path: Path) -> None:
    (tmp_path / "clamd").mkdir()
    with real_clamd(tmp_path / "clamd") as address:
        espace = set_antivirus(make_espace(tmp_path / "espace"), address)
        put(espace, SPEC, infected(make_files(SPEC)))
        ((statut, _, _),) = run(espace)
    report = next(data.decode() for nom, data in answers(espace).items() if nom.startswith("CSO"))

    assert statut is FluxStatut.INTEGRE_PARTIEL
    assert "IRR_ANTIVIRUS" in report
    assert "Eicar-Test-Signature" in report


def test_a_lot_larger_than_clamd_takes_waits_and_is_accepted_once_it_takes_more(tmp_path: Path) -> None:
    for size in ("1K", "20M"):
        (tmp_path / size).mkdir()
    espace = make_espace(tmp_path / "espace")
    put(espace, SPEC, make_files(SPEC))
    with real_clamd(tmp_path / "1K", "StreamMaxLength 1K") as address:
        ((before, _, incident),) = run(set_antivirus(espace, address))
    with real_clamd(tmp_path / "20M", "StreamMaxLength 20M") as address:
        config = espace.root / "config" / "edi.toml"
        config.write_text(config.read_text().replace(str(tmp_path / "1K"), str(tmp_path / "20M")))
        ((after, _, _),) = run(later(open_espace(espace.root), 1))

    assert (before, after) == (FluxStatut.EN_ATTENTE, FluxStatut.INTEGRE)
    assert "antivirus" in incident


def test_edi_check_asks_the_antivirus_as_a_deposit_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    espace = make_espace(tmp_path / "espace")
    monkeypatch.chdir(espace.root)
    (espace.root / SPEC.nom).write_bytes(write_zip(tuple(infected(make_files(SPEC)))))
    with listening(honest) as address:
        set_antivirus(espace, address)
        asked = type_edi(capsys, "check", "--as", "AAA123", "--json", SPEC.nom)
        alone = type_edi(capsys, "check", "--json", SPEC.nom)
    silent = type_edi(capsys, "check", "--as", "AAA123", "--json", SPEC.nom)

    assert (asked.code, asked.json[0]["verdict"]) == (1, "partial")
    assert [f["code"] for f in asked.json[0]["findings"]] == ["EDI-ANTIVIRUS-01"]
    assert (silent.code, silent.json[0]["verdict"]) == (2, "undecided")
    assert [f["code"] for f in silent.json[0]["findings"]] == ["EDI-ANTIVIRUS-02"]
    assert alone.json[0]["findings"] == []
    assert any("virus" in what for what in alone.json[0]["skipped"])


def test_what_a_destinataire_sends_is_shown_to_it_before_it_is_read(tmp_path: Path) -> None:
    make_espace(tmp_path)
    connect(tmp_path)
    shown: list[bytes] = []

    def answer(data: bytes) -> bytes:
        shown.append(data)
        return b"stream: Hasty FOUND\0"

    with listening(answer) as address:
        espace = set_antivirus(open_espace(tmp_path), address)
        for nom, data in (("a.xml", b"not xml"), ("b.xml", b"")):
            (espace.spool.inbox("DST001") / nom).write_bytes(data)
        App(espace).run_once()
    with espace.engine.begin() as conn:
        _, found = flux_store.search(conn)
        codes = {f.nom: [one.code for _, _, one in factures.findings_of(conn, f.id)] for f in found}

    assert shown == [b"not xml"]
    assert codes == {"a.xml": ["EDI-ANTIVIRUS-01"], "b.xml": [cards.FLUX_VIDE.code]}
