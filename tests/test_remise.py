"""Invoices handed over: what the pivot says is what was deposited, whatever it says."""

from __future__ import annotations

import base64
import io
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from retours import write_retour
from workspace import answers, deposit, later, make_espace

from edi import xml
from edi.app import App
from edi.audit import audit
from edi.espace import open_espace, real_now
from edi.inbound.readers import cpp
from edi.model import Identifiant, LigneTva, Nature, Partie
from edi.outbound import names
from edi.outbound.cpp_statut import Enveloppe, Partenaire
from edi.outbound.emit import check
from edi.outbound.pivot import LONGEST_NAME, FacturePivot, LignePivot, PiecePivot, name_pieces, write_pivot
from edi.samples import LotSpec, world
from edi.store import emissions

ENVELOPPE = Enveloppe(
    date(2026, 11, 20), "CPP0010036025150010000001", Partenaire("DST001"), Partenaire("CPP001")
)
_plain = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"))
_plain = _plain.filter(lambda char: char not in "\ufffe\uffff")
texts = st.text(_plain, max_size=50)
words = st.text(_plain, min_size=1, max_size=20)
amounts = st.decimals(-(10**9), 10**9, places=2)
days = st.dates(date(2020, 1, 1), date(2040, 1, 1))
pieces = st.lists(
    st.builds(
        PiecePivot,
        st.text(_plain, min_size=1, max_size=80),
        st.sampled_from(["01", "02"]),
        st.just("application/pdf"),
        st.binary(min_size=1, max_size=200),
        st.just(""),
    ),
    min_size=1,
    max_size=4,
).map(
    lambda made: tuple(
        piece._replace(nom=nom)
        for piece, nom in zip(made, name_pieces([piece.nom for piece in made]), strict=True)
    )
)
factures = st.builds(
    FacturePivot,
    id=st.integers(1, 10**9),
    fournisseur=st.builds(
        Partie,
        st.builds(Identifiant, st.sampled_from("1234567"), st.from_regex("[0-9A-Z]{1,18}", fullmatch=True)),
        words,
        st.just("FR"),
    ),
    debiteur=st.builds(
        Partie,
        st.builds(Identifiant, st.just("1"), st.from_regex("[0-9]{14}", fullmatch=True)),
        texts,
        st.just(""),
    ),
    service=texts,
    numero=words,
    origine=st.text(_plain, max_size=20),
    type=st.sampled_from(["380", "381"]),
    cadre=st.sampled_from(["A1", "A2", "A9", "A25"]),
    date=days,
    mode_paiement=st.sampled_from(["10", "30", "97"]),
    mode_libelle=texts,
    recue_le=days,
    devise=st.just("EUR"),
    ht=amounts,
    ttc=amounts,
    net=amounts,
    tva=st.lists(st.builds(LigneTva, st.decimals(0, 99, places=1), amounts, amounts), max_size=3).map(tuple),
    marche=texts,
    engagement=texts,
    iban=st.just("") | st.just("FR7630001007941234567890185"),
    lignes=st.lists(st.builds(LignePivot, amounts, amounts, amounts), max_size=3).map(tuple),
    pieces=pieces,
    nature=st.sampled_from([None, *Nature]),
)


@given(st.lists(factures, min_size=1, max_size=3))
def test_a_pivot_is_valid_and_is_read_back_as_it_was_written(written: list[FacturePivot]) -> None:
    data = write_pivot(ENVELOPPE, written)
    check(data, "CPPFacturePivot.xsd")
    back = cpp.read(xml.parse(data))

    renvois = [element.text for element in xml.parse(data).iter("Renvoi")]

    assert data == write_pivot(ENVELOPPE, written)
    assert renvois == [one.nature.value if one.nature else "Non" for one in written]
    for facture, told in zip(back, written, strict=True):
        assert (facture.numero, facture.type, facture.cadre, facture.date, facture.devise) == (
            told.numero,
            told.type,
            told.cadre,
            told.date,
            told.devise,
        )
        assert (facture.fournisseur, facture.destinataire) == (told.fournisseur, told.debiteur)
        assert (facture.service, facture.marche, facture.engagement) == (
            told.service,
            told.marche,
            told.engagement,
        )
        assert (facture.montants.ht, facture.montants.ttc, facture.montants.net) == (
            told.ht,
            told.ttc,
            told.net,
        )
        assert (facture.mode_paiement, facture.tva, facture.lignes) == (
            told.mode_paiement,
            told.tva,
            len(told.lignes),
        )
        assert [(p.nom, p.membre, p.type, p.taille, p.faute) for p in facture.pieces_jointes] == [
            (p.nom, p.nom, p.type, len(p.contenu or b""), "") for p in told.pieces
        ]


@given(st.lists(st.text(max_size=120), max_size=6))
def test_names_of_attachments_are_short_and_differ(noms: list[str]) -> None:
    given_ = name_pieces(noms)

    assert len(set(given_)) == len(noms)
    assert all(0 < len(nom) <= LONGEST_NAME and "/" not in nom for nom in given_)


# -- in a workspace -----------------------------------------------------------------------------------------


def connect(root: Path, **values: str) -> None:
    """Declare SANS_OBLIGATION as a destinataire that is connected."""
    told = {"siret": world.SANS_OBLIGATION.identifiant.valeur, "code": "DST001", "readiness": "renommage"}
    lines = ["", "[[destinataire]]", *(f'{key} = "{value}"' for key, value in {**told, **values}.items())]
    path = root / "config" / "edi.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize("format", ["ubl", "cii", "ubl-min", "cii-min", "mixte", "facturx"])
def test_every_attachment_of_every_format_is_handed_over(tmp_path: Path, format: str) -> None:
    make_espace(tmp_path)
    connect(tmp_path)
    espace = open_espace(tmp_path)
    spec = LotSpec(format=format, nombre=2, pieces_jointes=True, destinataires=(world.SANS_OBLIGATION,))
    deposit(espace, spec)
    App(espace).run_once()
    (handed,) = [d for nom, d in answers(espace, "DST001").items() if nom.startswith(names.PIVOT)]
    pieces = list(etree.fromstring(handed).iter("PJ"))
    opened = [ZipFile(io.BytesIO(base64.b64decode(p.findtext("Contenu") or ""))).infolist() for p in pieces]

    assert [[inner.filename for inner in zipped] for zipped in opened] == [
        [piece.findtext("NomPJ")] for piece in pieces
    ]
    assert all(zipped[0].file_size for zipped in opened)
    units = etree.fromstring(handed).findall(".//CPPFacturePivotUnitaire")
    assert all([p.findtext("TypePJ") for p in unit.findall("PJ")].count("01") == 1 for unit in units)


def test_a_pivot_made_again_later_has_the_same_bytes(tmp_path: Path) -> None:
    make_espace(tmp_path)
    connect(tmp_path)
    espace = open_espace(tmp_path)
    deposit(espace, LotSpec(nombre=3, destinataires=(world.SANS_OBLIGATION,)))
    App(espace).run_once()
    with espace.engine.begin() as conn:
        (pivot,) = [e for e in emissions.of_flux(conn, 1) if e.interface == names.PIVOT]
    again = App(later(espace, 48)).pipeline.sortie.make(pivot)

    assert again is not None
    assert again == (answers(espace, "DST001")[pivot.nom], pivot.sha256)


def test_what_comes_back_and_what_is_handed_over_is_balanced(tmp_path: Path) -> None:
    make_espace(tmp_path)
    connect(tmp_path)
    espace = open_espace(tmp_path)
    deposit(espace, LotSpec(nombre=2, destinataires=(world.SANS_OBLIGATION,)))
    App(espace).run_once()
    numero = etree.fromstring(next(iter(answers(espace, "DST001").values()))).findtext(".//DonneesFacture/Id")
    told = {"statuts": [{"facture": "INCONNUE", "statut": "07"}, {"facture": numero, "statut": "06"}]}
    data = write_retour(espace, "DST001", "DST0010000000000000000001", told)
    (espace.spool.inbox("DST001") / "retour.xml").write_bytes(data)
    App(espace).run_once()

    assert audit(espace.engine, espace.spool, real_now()).ecarts == ()


def test_a_destinataire_that_is_not_connected_gets_no_file(tmp_path: Path) -> None:
    espace = make_espace(tmp_path)
    deposit(espace, LotSpec(destinataires=(world.SANS_OBLIGATION,)))
    App(espace).run_once()

    assert not (tmp_path / "spool" / "destinataires").exists()
    (cdv,) = [data for nom, data in answers(espace).items() if nom.startswith(names.CYCLE_DE_VIE)]
    assert [e.text for e in etree.fromstring(cdv).iter("IdStatut")] == ["01", "03"]
