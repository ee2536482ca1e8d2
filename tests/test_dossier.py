"""The archive of one flux holds all that is known of it; masked, nothing that anybody would recognise."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pikepdf
import pytest
from lxml import etree
from sqlalchemy import select, update
from workspace import copy_espace, deposit, later, make_espace, type_edi

from edi.app import App
from edi.assemblage import make_pipeline
from edi.dossier.archive import Dossier
from edi.espace import Espace, open_espace, real_now
from edi.inbound.lot import open_lot
from edi.inbound.membre import Membre
from edi.retention.service import Retention
from edi.samples import LotSpec, make_lot
from edi.store import factures
from edi.store import flux as flux_store
from edi.store.tables import flux

LOTS = {
    "ubl": LotSpec("ubl", 4, numero_flux=1, fautes=("ttc-faux", "service-inconnu", "numero-trop-long")),
    "mixte": LotSpec("mixte", 3, numero_flux=2, graine=2, fautes=("destinataire-inconnu",)),
    "facturx": LotSpec("facturx", 2, numero_flux=3, graine=3, fautes=("ttc-faux",)),
    "cii": LotSpec("cii", 2, numero_flux=4, graine=4, fautes=("mandat-revoque",)),
    "closed": LotSpec("ubl", 2, numero_flux=5, graine=5, fautes=("destinataire-ferme",) * 2),
    "cut": LotSpec("ubl", 5, numero_flux=6, graine=6, tronque=True),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("dossier") / "template"
    espace = make_espace(root, observations=1)
    for spec in LOTS.values():
        deposit(espace, spec)
    App(espace).run_once()
    (root / "logs").mkdir()
    told = {"event": "flux_failed", "level": "error", "timestamp": "2026-11-20T08:00:00Z", "flux": 1}
    trace = f'File "{root.resolve()}/x.py", line 3\nValueError: SIRET 55210055400013 de M. Durand'
    (root / "logs" / "edi.jsonl").write_text(
        json.dumps({**told, "exception": trace}) + "\n" + json.dumps({**told, "flux": 99}) + "\nrien\n",
        "utf-8",
    )
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


def export(espace: Espace, ident: int, *, masque: bool, hours: int = 0) -> dict[str, bytes]:
    with espace.engine.begin() as conn:
        wanted = flux_store.get(conn, ident)
    pipeline = make_pipeline(espace, "test", lambda flux, done: None)
    with closing(pipeline.engine):
        at = real_now() + timedelta(hours=hours)
        data = Dossier(espace, wanted, pipeline.sortie.make_many, masque).write(at)
    with ZipFile(io.BytesIO(data)) as archive:
        return {nom: archive.read(nom) for nom in archive.namelist()}


def of_lot(espace: Espace, which: str) -> int:
    nom = make_lot(LOTS[which]).nom
    with espace.engine.begin() as conn:
        return int(conn.execute(select(flux.c.id).where(flux.c.nom == nom)).scalar_one())


# -- what it holds ----------------------------------------------------------------------------------------


def test_an_archive_holds_all_that_is_known_of_a_flux(espace: Espace) -> None:
    lot = make_lot(LOTS["ubl"])
    ident = of_lot(espace, "ubl")
    found = export(espace, ident, masque=False)
    with espace.engine.begin() as conn:
        told = [finding.code for _, _, finding in factures.findings_of(conn, ident)]

    assert found[f"original/{lot.nom}"] == lot.data
    assert len([nom for nom in found if nom.startswith("membres/")]) == 4
    assert [one["code"] for one in json.loads(found["constats.json"])] == told
    for nom, data in found.items():
        if nom.startswith("reponses/"):
            assert data == (espace.spool.outbox("AAA123") / Path(nom).name).read_bytes()
    assert {nom for nom in found if "/" not in nom} == {
        "LISEZMOI.txt",
        "absents.csv",
        "chronologie.txt",
        "configuration.json",
        "constats.json",
        "docteur.json",
        "factures.json",
        "flux.json",
        "journal.jsonl",
        "regles.json",
        "reponses.json",
        "versions.json",
    }
    assert "EN_COURS -> INTEGRE_PARTIEL" in found["chronologie.txt"].decode()
    assert len(found["journal.jsonl"].splitlines()) == 1


@pytest.mark.parametrize("masque", [False, True], ids=["clear", "masked"])
def test_the_same_flux_gives_the_same_bytes_but_for_the_date(espace: Espace, masque: bool) -> None:
    ident = of_lot(espace, "mixte")
    first, second = (export(espace, ident, masque=masque, hours=hours) for hours in (0, 24))
    differ = [nom for nom in first if first[nom] != second[nom]]

    assert list(first) == list(second)
    assert differ == ["LISEZMOI.txt"]


@pytest.mark.parametrize("masque", [False, True], ids=["clear", "masked"])
def test_no_path_of_the_machine_is_told(espace: Espace, masque: bool) -> None:
    found = export(espace, 1, masque=masque)

    assert [nom for nom, data in found.items() if str(espace.root).encode() in data] == []


def test_answers_that_were_fetched_are_made_again(espace: Espace) -> None:
    ident = of_lot(espace, "ubl")
    before = export(espace, ident, masque=False)
    for path in espace.spool.outbox("AAA123").iterdir():
        path.unlink()
    after = export(espace, ident, masque=False)

    assert {**after, "LISEZMOI.txt": b""} == {**before, "LISEZMOI.txt": b""}


@pytest.mark.parametrize("masque", [False, True], ids=["clear", "masked"])
def test_no_secret_is_ever_told(espace: Espace, masque: bool) -> None:
    config = espace.root / "config" / "edi.toml"
    text = config.read_text("utf-8") + '\n[releve]\ncle = "config/hermine.pem"\n'
    text += '[[alertes.webhook]]\nnom = "x"\nurl = "https://hote.example/hermine"\nsecret = "env:HERMINE"\n'
    config.write_text(text, "utf-8")
    found = export(open_espace(espace.root), 1, masque=masque)

    assert [nom for nom, data in found.items() if b"hermine" in data.lower()] == []


def test_an_original_that_was_forgotten_is_told_as_absent(espace: Espace) -> None:
    Retention(later(espace, 24 * 366 * 11)).apply()
    found = export(espace, 1, masque=True)

    assert "durée de conservation atteinte" in found["absents.csv"].decode()
    assert not [nom for nom in found if nom.startswith(("original/", "membres/"))]


# -- what a masked one must not hold ----------------------------------------------------------------------

# What stays by design: dates, codes of law, names of formats. Anything else of five signs or more must go.
_STAYS = re.compile(
    r"\d{4}-?\d{2}-?\d{2}(T[\d:+.Z]+)?|urn:.*|true|false|[A-Z]{3}\d{22}|[A-Z]{3}\d{3}|20\.00|10\.00|5\.50"
)
_CODES = {
    "CustomizationID",
    "ProfileID",
    "UBLVersionID",
    "IdFlux",
    "GuidelineSpecifiedDocumentContextParameter",
}
_WORDS = {"application/pdf", "text/xml", "IdFlx", "DtPrd"}  # types of files, names of parameters


def secrets_of(espace: Espace, ident: int) -> set[str]:
    """Every value of five signs or more that stands in the documents of a flux."""
    with espace.engine.begin() as conn:
        wanted = flux_store.get(conn, ident)
        deposees = factures.of_flux(conn, ident)
        findings = [finding for _, _, finding in factures.findings_of(conn, ident)]
    found = {one.numero for one in deposees}
    found |= {text for f in findings for text in (f.value, f.expected) if " " not in text}
    for facture in deposees:
        for partie in (facture.fournisseur, facture.destinataire):
            found |= {partie.nom, partie.identifiant.valeur, partie.identifiant.valeur[:9]}
        found |= {facture.service, facture.engagement, facture.marche, f"{facture.ttc}"}
    for data in _documents(espace, wanted):
        for element in etree.fromstring(data).iter("{*}*"):
            local = etree.QName(element).localname
            texts = {(element.text or "").strip()} if local not in _CODES else set()
            texts |= {value for name, value in element.attrib.items() if name in ("filename", "nom")}
            found |= texts
    return {text for text in found if len(text) >= 5 and not _STAYS.fullmatch(text)} - _WORDS


def _documents(espace: Espace, wanted: flux_store.Flux) -> Iterator[bytes]:
    extension = wanted.nom.partition(".")[2]
    limites = espace.settings.as_limites()
    for item in open_lot(espace.spool.blob(wanted.sha256), extension, wanted.nom, limites, wanted.interface):
        if isinstance(item, Membre) and item.data.startswith(b"%PDF-"):
            with pikepdf.open(io.BytesIO(item.data)) as pdf:
                yield next(iter(pdf.attachments.values())).get_file().read_bytes()
        elif isinstance(item, Membre) and item.data:
            yield item.data


def readable(nom: str, data: bytes) -> str:
    """All that a person could read of a file, whatever holds it."""
    if data.startswith(b"%PDF-"):
        with pikepdf.open(io.BytesIO(data)) as pdf:
            streams = [o.read_bytes() for o in pdf.objects if isinstance(o, pikepdf.Stream)]
        data = data + b"\n".join(streams)
    text = data.decode("utf-8", errors="replace")
    if nom.endswith((".json", ".jsonl")):
        text += text.encode().decode("unicode_escape", errors="replace")
    return f"{nom}\n{text}\n{html.unescape(text)}"


@pytest.mark.parametrize("which", [which for which in LOTS if which != "cut"])
def test_no_value_of_the_original_is_in_a_masked_archive(which: str, espace: Espace) -> None:
    ident = of_lot(espace, which)
    secrets = secrets_of(espace, ident)
    assert len(secrets) > 20
    clear, masked = (export(espace, ident, masque=masque) for masque in (False, True))
    shown = {nom: readable(nom, data) for nom, data in masked.items()}
    # Amounts are written in French in sentences.
    forms = {text: {text, text.replace(".", ",")} for text in secrets}
    leaks = {
        (nom, text)
        for nom, told in shown.items()
        for text in secrets
        if any(_stands_in(form, told) for form in forms[text])
    }

    assert leaks == set()
    assert any(_stands_in(text, readable(nom, data)) for nom, data in clear.items() for text in secrets)


def _stands_in(value: str, text: str) -> bool:
    """Is it there as a value, and not by chance within a longer number or word?"""
    return re.search(rf"(?<![\w.,]){re.escape(value)}(?![\w])", text) is not None


def test_the_names_of_files_are_masked_where_they_hold_names(espace: Espace) -> None:
    data = make_lot(LotSpec("ubl", 1, numero_flux=8, graine=8, archive="xml")).data
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("Durand et fils/facture Durand.xml", data)
    (espace.spool.inbox("AAA123") / "FSO1100A_AAA123_AAA1231100000000000000008.zip").write_bytes(
        archive.getvalue()
    )
    (done,) = App(espace).run_once()
    found = export(espace, done.id, masque=True)

    assert [nom for nom, told in found.items() if "durand" in readable(nom, told).lower()] == []


def test_what_the_journal_quotes_is_masked(espace: Espace) -> None:
    found = export(espace, 1, masque=True)["journal.jsonl"].decode()

    assert "55210055400013" not in found
    assert '"event": "flux_failed"' in found


def test_what_a_destinataire_wrote_and_why_a_flux_is_held_are_masked(espace: Espace) -> None:
    incident = "ValueError: montant 1234.56 de la facture « Durand 12 » pour 552100554"
    with espace.engine.begin() as conn:
        conn.execute(update(flux).where(flux.c.id == 1).values(incident=incident))
    found = export(espace, 1, masque=True)["flux.json"].decode()

    assert not re.search(r"Durand|1234\.56|552100554", found)


def test_a_masked_document_shows_the_same_form_faults(espace: Espace) -> None:
    """A number too long for the law is still too long, and stands on the same line."""
    ident = of_lot(espace, "ubl")
    found = export(espace, ident, masque=True)
    (too_long,) = [f for f in json.loads(found["constats.json"]) if f["code"] == "EDI-NUMERO-02"]
    document = found[f"membres/{too_long['fichier']}"].decode().splitlines()

    assert too_long["value"] in document[too_long["line"] - 1]


def test_a_masked_facturx_is_still_one(espace: Espace) -> None:
    found = export(espace, of_lot(espace, "facturx"), masque=True)
    (first, *_) = [data for nom, data in found.items() if nom.startswith("membres/")]
    with pikepdf.open(io.BytesIO(first)) as pdf:
        attached = {nom: spec.get_file().read_bytes() for nom, spec in pdf.attachments.items()}

    assert etree.QName(etree.fromstring(attached["factur-x.xml"])).localname == "CrossIndustryInvoice"


def test_the_command_says_what_it_made(
    espace: Espace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "vers" / "support.zip"
    masked = type_edi(capsys, "-e", espace.root, "export-incident", "1", "--masque", "--vers", target)
    unknown = type_edi(capsys, "-e", espace.root, "export-incident", "999")

    assert (masked.code, unknown.code) == (0, 2)
    assert "Masqué ; lisez LISEZMOI.txt" in masked.out
    assert "Ce dossier est masqué." in ZipFile(target).read("LISEZMOI.txt").decode()
