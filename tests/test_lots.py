"""Every folder of tests/lots tells one story: what is deposited, what is found, what is answered.

``histoire.toml`` says what happens (see tests/lots/README.md); beside it lie what must come of it:
``findings.csv`` (code, severity, location, motif; never the message), ``statuts.csv``, and the return flows
in ``out/``. ``pytest tests/test_lots.py --update`` rewrites them: the diff is the review.
"""

from __future__ import annotations

import base64
import csv
import io
import re
import shutil
import tarfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import fields, replace
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from bases import lay_base
from clamd import EICAR, infect, listening
from lxml import etree
from retours import write_message, write_retour
from signing import identites, sign_document
from sqlalchemy import Engine, select

from edi.annuaire.imports import import_csv
from edi.annuaire.mandats import sign
from edi.app import App
from edi.assemblage import make_rejeu
from edi.cdar import judge_cdar
from edi.cdv import cards as cdv_cards
from edi.espace import Espace, open_espace
from edi.inbound.reste import is_companion
from edi.model import Identifiant, Saisie
from edi.outbound import names
from edi.outbound.emit import check
from edi.releve.service import Releves
from edi.samples import (
    LotSpec,
    deposants,
    make_files,
    make_lot,
    mandats,
    services_csv,
    structures_csv,
    world,
)
from edi.samples.pieces import PieceJointe, write_pdf, write_zip
from edi.store import emissions, factures, rejets, suivis
from edi.store import flux as flux_store
from edi.store.mandats import add_mandat, list_mandats, revoke_mandat
from edi.store.tables import metadata
from edi.validators.schematron.packs import PACKS
from edi.wiring import make_engine

LOTS = Path(__file__).parent / "lots"
NOBODY = "/nulle/part/clamd.ctl"
_SECTIONS = ("plateforme", "politique", "politique.severites", "limites", "cycle_de_vie", "ppf")
MORNING = "2026-11-20T09:00:00+01:00"
_FACTURE = metadata.tables["facture"]
HISTOIRES = sorted(p.parent.name for p in LOTS.glob("*/histoire.toml"))


class Histoire:
    """One story, played in a workspace of its own by the real application."""

    def __init__(self, folder: Path, tmp_path: Path) -> None:
        self.folder = folder
        self.told: dict[str, Any] = tomllib.loads((folder / "histoire.toml").read_text(encoding="utf-8"))
        self.root = tmp_path / "espace"
        (self.root / "config").mkdir(parents=True)
        self.base = lay_base(self.root)
        self.engine: Engine | None = None  # one for the whole story: it knows its statements after a while
        self.antivirus = ""  # where it listens

    def play(self) -> Espace:
        with ExitStack() as stack:
            if self.told.get("antivirus"):
                self.antivirus = stack.enter_context(listening())
            return self._play()

    def _play(self) -> Espace:
        espace = self._open(MORNING)
        if self.told.get("annuaire", True):
            self._import_annuaire(espace, sans=self.told.get("annuaire_sans", ()))
        self._sign_mandats(espace)
        for le, depots in groupby(self.told["depot"], key=lambda depot: depot.get("le", MORNING)):
            depots = list(depots)
            espace = self._open(le, muet=any(depot.get("antivirus_muet") for depot in depots))
            for depot in depots:
                if depot.get("importer_annuaire"):
                    self._import_annuaire(espace)
                if "signer" in depot:
                    self._sign(espace, getattr(world, depot["signer"]).identifiant)
                if depot.get("rejouer"):
                    self._replay(espace)
                if "destinataire" in depot:
                    self._answer(espace, depot)
                elif "reste" in depot:
                    self._mend(espace, depot)
                elif "lot" in depot or "fichier" in depot or "texte" in depot or "special" in depot:
                    self._deposit(espace, depot)
            App(espace).run_once()
            for depot in depots:
                if "releve" in depot:
                    Releves(espace).put(depot.get("appli", "AAA123"), depot["releve"])
        return espace

    def _open(self, horloge: str, muet: bool = False) -> Espace:
        declared = self.told.get("deposant") or [
            {"code": d.code, "libelle": d.libelle, "siret": d.siret} for d in deposants()
        ]
        lines = [
            "[espace]",
            f'base = "{self.base}"',
            "[essais]",
            f'horloge = "{horloge}"',
            "[collecte]",
            "pas = 0.01",
            "",
        ]
        lines += ["[moteur]", 'mode = "in_process"', ""]
        if self.antivirus:
            lines += ["[antivirus]", f'adresse = "{NOBODY if muet else self.antivirus}"', ""]
        if any("signe" in depot for depot in self.told["depot"]):
            (self.root / "autorite.pem").write_bytes(identites()["autorite"].pem)
            lines += ["[signature]", 'ancres = ["autorite.pem"]', ""]
        for section in _SECTIONS:
            values = self.told
            for part in section.split("."):
                values = values.get(part, {})
            plain = {k: v for k, v in values.items() if not isinstance(v, dict)}
            if plain:
                lines += [f"[{section}]", *(f'"{key}" = {_toml(value)}' for key, value in plain.items()), ""]
        for destinataire in self.told.get("destinataire", []):
            siret = getattr(world, destinataire["structure"]).identifiant.valeur
            values = {"readiness": "renommage", "siret": siret, **destinataire}
            values.pop("structure")
            lines += ["[[destinataire]]", *(f"{key} = {_toml(value)}" for key, value in values.items()), ""]
        for deposant in declared:
            values = {"readiness": "renommage", **deposant}
            lines += ["[[deposant]]", *(f"{key} = {_toml(value)}" for key, value in values.items()), ""]
        (self.root / "config" / "edi.toml").write_text("\n".join(lines), encoding="utf-8")
        espace = open_espace(self.root)
        self.engine = self.engine or espace.engine
        return replace(espace, engine=self.engine)

    def _import_annuaire(self, espace: Espace, sans: Sequence[str] = ()) -> None:
        left_out = [getattr(world, name) for name in sans]
        structures = [one for one in world.STRUCTURES if one not in left_out]
        with espace.engine.begin() as conn:
            for name, data in (
                ("structures.csv", structures_csv(structures)),
                ("services.csv", services_csv()),
            ):
                (self.root / name).write_bytes(data)
                import_csv(conn, self.root / name, espace.now())

    def _sign_mandats(self, espace: Espace) -> None:
        given = self.told.get("mandat")
        with espace.engine.begin() as conn:
            if given is None:
                for m in mandats():
                    made = add_mandat(
                        conn, m.mandant, m.mandataire, m.cree_le, espace.now(), m.signe_le, m.signataire
                    )
                    if m.revoque_le is not None:
                        revoke_mandat(conn, made.id, m.revoque_le)
                return
            for values in given:
                mandant = Identifiant("1", getattr(world, values["mandant"]).identifiant.valeur)
                made = add_mandat(
                    conn,
                    mandant,
                    values["mandataire"],
                    values["cree_le"],
                    espace.now(),
                    values.get("signe_le"),
                    values.get("signataire", ""),
                    soumis=not values.get("souscrit", False),
                )
                if "revoque_le" in values:
                    revoke_mandat(conn, made.id, values["revoque_le"])

    def _sign(self, espace: Espace, mandant: Identifiant) -> None:
        with espace.engine.begin() as conn:
            for mandat in list_mandats(conn, mandant):
                sign(conn, mandat.id, espace.today(), Saisie(espace.now(), "exploitant"), "Soazig Le Goff")

    def _replay(self, espace: Espace) -> None:
        with espace.engine.begin() as conn:
            wanted = rejets.chosen(conn, rejets.Choix(), espace.settings.fuseau)
        list(make_rejeu(espace, make_engine(espace.settings), "").replay(wanted, valider=True))

    def _deposit(self, espace: Espace, depot: dict[str, Any]) -> None:
        appli = depot.get("appli", "AAA123")
        nom, data = depot.get("nom", ""), b""
        if "lot" in depot:
            spec = _spec(depot["lot"], appli, date.fromisoformat(depot.get("le", MORNING)[:10]))
            lot = make_lot(spec)
            nom, data = nom or lot.nom, lot.data
            if "signe" in depot or "virus" in depot:
                data = write_zip(tuple(_retouch(make_files(spec), depot)))
            if "remplace" in depot or "joint" in depot:
                assert spec.archive == "xml"
                data = _mend(data, depot)
        elif "fichier" in depot:
            nom, data = nom or depot["fichier"], (self.folder / depot["fichier"]).read_bytes()
        elif "texte" in depot:
            data = depot["texte"].encode() + (EICAR if depot.get("virus") else b"")
        if depot.get("special") == "lien":
            (espace.spool.inbox(appli) / nom).symlink_to(self.root / "config" / "edi.toml")
        elif depot.get("special") == "dossier":
            (espace.spool.inbox(appli) / nom).mkdir()
        else:
            (espace.spool.inbox(appli) / nom).write_bytes(data)

    def _mend(self, espace: Espace, depot: dict[str, Any]) -> None:
        """Redeposit a reste that lies in ``out``: its files as ``lot`` makes them, packed as ``nom`` says."""
        appli, nom = depot.get("appli", "AAA123"), depot["nom"]
        right = dict(make_files(_spec(depot["lot"], appli, date.fromisoformat(depot["le"][:10]))))
        with ZipFile(espace.spool.outbox(appli) / depot["reste"]) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        invoices = [name for name in files if not is_companion(name)]
        assert invoices
        assert set(invoices) <= set(right)
        if depot.get("corrige", True):
            files |= {name: right[name] for name in invoices}
        wanted = depot.get("fichiers", invoices)
        if nom.endswith(".zip"):
            data = write_zip(
                tuple((name, files[name]) for name in files if is_companion(name) or name in wanted)
            )
        elif nom.endswith(".tar.gz"):
            data = _tar_gz({name: files[name] for name in wanted})
        else:
            (only,) = wanted
            data = files[only]
        (espace.spool.inbox(appli) / nom).write_bytes(data)

    def _answer(self, espace: Espace, depot: dict[str, Any]) -> None:
        """What a destinataire puts into its ``in``: statuts of invoices, a report, or any content."""
        connected = {d["structure"]: d["code"] for d in self.told["destinataire"]}
        code, rang = connected[depot["destinataire"]], depot.get("numero_flux", 1)
        id_flux = f"{code}{rang:019d}"
        data = depot.get("texte", "").encode()
        if "statuts" in depot or "accuses" in depot:
            data = write_retour(espace, code, id_flux, depot)
        if depot.get("virus"):
            data = infect(data, "document")
        if "message" in depot:
            nom, data = f"FFE0614A_{code}_{id_flux}.xml", write_message(espace, depot["message"])
            (espace.spool.inbox(code) / nom).write_bytes(data)
            return
        (espace.spool.inbox(code) / depot.get("nom", f"STATUTS_{code}_{id_flux}.xml")).write_bytes(data)


def _retouch(files: tuple[tuple[str, bytes], ...], depot: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The files of a lot, signed and infected as the story says."""
    signatures, infected = depot.get("signe", {}), depot.get("virus", {})
    assert {*signatures, *infected} <= {nom for nom, _ in files}
    assert depot["lot"]["archive"] == "zip"
    for nom, data in files:
        if nom in signatures:
            data = sign_document(data, signatures[nom])
        yield nom, infect(data, infected[nom]) if nom in infected else data


def _mend(data: bytes, depot: dict[str, Any]) -> bytes:
    """A document (UBL) with other words in the place of some, and one more attachment."""
    for old, new in depot.get("remplace", {}).items():
        assert old.encode() in data, old
        data = data.replace(old.encode(), new.encode())
    if "joint" in depot:
        zipped = PieceJointe(depot["joint"], write_pdf((depot["joint"],))).texte
        piece = (
            f"<cac:AdditionalDocumentReference><cbc:ID>{depot['joint']}</cbc:ID>"
            "<cbc:DocumentTypeCode>application/pdf</cbc:DocumentTypeCode><cbc:DocumentType>02</cbc:DocumentType>"
            f'<cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode="application/zip">{zipped}'
            "</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
        )
        before = b"<cac:AccountingSupplierParty>"
        assert data.count(before) == 1
        data = data.replace(before, piece.encode() + before)
    return data


def _tar_gz(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def _spec(values: dict[str, Any], appli: str, jour: date) -> LotSpec:
    values = {"appli": appli, "jour": jour, **values}
    if isinstance(values.get("fautes"), dict):
        values["fautes"] = {int(position): faute for position, faute in values["fautes"].items()}
    if "fournisseur" in values:
        values["fournisseur"] = getattr(world, values["fournisseur"])
    if "destinataires" in values:
        values["destinataires"] = tuple(getattr(world, name) for name in values["destinataires"])
    assert set(values) <= {f.name for f in fields(LotSpec)}
    return LotSpec(**values)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


# -- what came of it --------------------------------------------------------------------------------------


def outcome_of(espace: Espace) -> dict[str, bytes]:
    """Every expected file of a story, as the workspace tells it."""
    files: dict[str, bytes] = {}
    with espace.engine.begin() as conn:
        _, deliveries = flux_store.search(conn, limit=1000)
        deliveries = tuple(sorted(deliveries, key=lambda flux: flux.id))
        files["statuts.csv"] = _csv(
            ("flux", "statut", "acceptees", "rejetees", "rappel_de", "incident"),
            [
                (d.nom, d.statut.name, d.acceptees, d.rejetees, d.rappel_de or "", d.incident)
                for d in deliveries
            ],
        )
        files["findings.csv"] = _csv(
            ("flux", "fichier", "facture", "code", "severity", "location", "motif"),
            [
                (
                    delivery.nom,
                    fichier,
                    facture.numero if facture else "",
                    found.code,
                    found.severity.name,
                    found.location,
                    found.motif,
                )
                for delivery in deliveries
                for facture, fichier, found in factures.findings_of(conn, delivery.id)
            ],
        )
        factures_csv = [
            (row.numero, row.statut)
            for row in conn.execute(select(_FACTURE).order_by(_FACTURE.c.flux_id, _FACTURE.c.ordre))
        ]
    if (espace.root / "spool" / "destinataires").is_dir():  # a life goes on after the deposit
        files["factures.csv"] = _csv(("facture", "statut"), factures_csv)
    for home in ("depots", "destinataires"):
        for path in sorted((espace.root / "spool" / home).glob("*/out/*")):
            shown = f"{path.name}.txt" if path.suffix == ".zip" else path.name
            files[f"out/{path.parent.parent.name}/{shown}"] = _shown(path)
    for path in sorted((espace.root / "spool" / "depots").glob("*/statut/releve-*")):
        files[f"statut/{path.parent.parent.name}/{path.name}"] = _without_hashes(path)
    with espace.engine.begin() as conn:
        restes = [
            (d.nom, flux_store.get(conn, of).nom) for d in deliveries if (of := suivis.reste_de(conn, d.id))
        ]
    if restes:
        files["restes.csv"] = _csv(("flux", "reste_de"), restes)
    return files


def _without_hashes(path: Path) -> bytes:
    """A relevé, but for the hashes and sizes of archives: another zlib may compress samples otherwise."""
    return re.sub(rb'\b[0-9a-f]{64}\b|(?<="taille": )\d+', b"*", path.read_bytes())


def _shown(path: Path) -> bytes:
    """A file that has left, once it is known to be valid; of attachments, what their zip holds."""
    data = path.read_bytes()
    if path.suffix == ".zip":  # a reste: what it holds, and why
        with ZipFile(io.BytesIO(data)) as archive:
            held = "\n".join(archive.namelist())
            return f"{held}\n\n{archive.read('_navette/findings.csv').decode('utf-8-sig')}".encode()
    if names.is_cdar(path.name.partition("_")[0]):
        assert judge_cdar(data, PACKS["br-fr-cdv"][0], emission=True).findings == (), path.name
        return data
    if not path.name.startswith(names.PIVOT):
        check(data)
        return data
    check(data, "CPPFacturePivot.xsd")
    root = etree.fromstring(data)
    for piece in root.iter("PJ"):
        with ZipFile(io.BytesIO(base64.b64decode(piece.findtext("Contenu")))) as archive:
            (inner,) = archive.infolist()
        assert inner.filename == piece.findtext("NomPJ")
        piece.find("Contenu").text = f"zip : {inner.filename}"  # another zlib may compress samples otherwise
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def _csv(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _expected(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in ("statuts.csv", "findings.csv"))
    yield from (path for name in ("factures.csv", "restes.csv") for path in folder.glob(name))
    yield from (path for home in ("out", "statut") for path in sorted(folder.glob(f"{home}/*/*")))


@pytest.mark.parametrize("nom", HISTOIRES)
def test_the_story_ends_as_it_should(nom: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = LOTS / nom
    espace = Histoire(folder, tmp_path).play()
    actual = outcome_of(espace)
    if request.config.getoption("--update"):
        for home in ("out", "statut"):
            shutil.rmtree(folder / home, ignore_errors=True)
        for name, data in actual.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    expected = {str(p.relative_to(folder)): p.read_bytes() for p in _expected(folder)}

    assert sorted(expected) == sorted(actual)
    for name, data in expected.items():
        assert data.decode() == actual[name].decode(), name

    # Whatever the story: every answer has left, nothing is half-way, every byte taken is still there.
    queues = {q: len(espace.spool.entries(q)) for q in ("incoming", "active")}
    assert queues == {"incoming": 0, "active": 0}
    with espace.engine.begin() as conn:
        assert emissions.pending(conn) == ()
        table = metadata.tables["flux"]
        for sha256, taille in conn.execute(select(table.c.sha256, table.c.taille)):
            assert not sha256 or espace.spool.blob(sha256).stat().st_size == taille


def test_every_folder_of_lots_is_a_story() -> None:
    assert {p.name for p in LOTS.iterdir() if p.is_dir()} == set(HISTOIRES)
    assert len(HISTOIRES) >= 30


def test_every_rule_of_ours_is_hit_by_a_story() -> None:
    from edi.catalogue import CARDS

    hit = set()
    for nom in HISTOIRES:
        with (LOTS / nom / "findings.csv").open(encoding="utf-8", newline="") as told:
            hit |= {row["code"] for row in csv.DictReader(told)}

    assert {card.code for card in CARDS} - hit - OF_MESSAGES == NEVER_DEPOSITED


OF_MESSAGES = {card.code for card in cdv_cards.CARDS}  # each is hit by tests/test_cdar.py
NEVER_DEPOSITED = {
    "EDI-ENV-13",  # said by ``edi check`` alone: a deposit without a flux name is irrecevable
    "EDI-ANNUAIRE-01",  # a held flux has no findings yet: statuts.csv shows why it waits
    "EDI-CPRO-08",  # a million lines, too heavy to keep here: tests/test_rules_reforme.py
    "EDI-ANTIVIRUS-02",  # a flux held by it has no findings: statuts.csv shows why it waits
    "EDI-DISJONCTEUR-01",  # takes many senders: tests/test_disjoncteur.py
    "EDI-MOTEUR-01",  # a failure of ours, made by tests/test_pipeline.py
}
