"""Messages of cycle de vie of the reform: legal pairs are valid, no other can be made, all is read back."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from typer.testing import CliRunner
from workspace import answers, deposit, make_espace

from edi.app import App
from edi.cdar import judge_cdar
from edi.cdv import building, cards, coherence, tables
from edi.cdv.building import CHORUS_PRO, PLATEFORME, CdvIllegal, FactureVisee, Raison, Signature
from edi.cli import app
from edi.engine import InProcess
from edi.espace import Espace, open_espace
from edi.inbound.cdar import read_cdar
from edi.model import Cdv, DonneeCdv, Finding, ObjetCdv, PartieCdv, Severity
from edi.outbound import cdv, names
from edi.outbound.cdar import write_cdar
from edi.samples import LotSpec
from edi.store import emissions, factures, vies
from edi.validators.schematron.packs import PACKS
from edi.wiring import make_controle

PARIS = ZoneInfo("Europe/Paris")
PACK = PACKS["br-fr-cdv"][0]
AT = datetime(2026, 11, 20, 15, 10, tzinfo=PARIS)
FACTURE = FactureVisee("F202600042", "380", date(2026, 11, 20), "100000009", AT)
PARTIES = {
    role: building.make_party(role, "100000009", "SOCIETE", "100000009_STATUTS")
    for role in tables.ROLES
    if role not in ("WK", "DFH")
}
PARTIES["WK"] = PLATEFORME
NOUS = PartieCdv("WK", "0003", "0238", "NAVETTE")
MEN = DonneeCdv("MEN", montant=Decimal("120.00"), devise="EUR", taux=Decimal("20.00"))


def sign(statut: tables.StatutCdv, expediteur: PartieCdv = PLATEFORME) -> Signature:
    auteur, destinataire = sorted(statut.auteurs)[0], sorted(statut.destinataires)[-1]
    return Signature(PARTIES[auteur], (PARTIES[destinataire],), AT, AT, expediteur)


def make(code: str, *motifs: str, chorus_pro: bool = False) -> Cdv:
    statut = tables.STATUTS[code]
    signature = sign(statut, CHORUS_PRO if chorus_pro else PLATEFORME)
    raisons = [Raison(motif, "BR-FR-05 BT-22 : une explication", "NIN") for motif in motifs]
    if code == "212":
        raisons = [*building.make_cashing([MEN]), *raisons]
    if code == "501":
        return building.build_fichier("facture_042.xml", AT, signature, raisons)
    return building.build_facture(code, FACTURE, signature, raisons)


def legal_pairs() -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Every statut with each motif that is legal for it, and with none where none is needed."""
    for code, statut in tables.STATUTS.items():
        if not statut.motif_exige:
            yield code, (), False
        for motif in statut.motifs:
            yield code, (motif,), False
        for motif in statut.legal_motifs(chorus_pro=True) if statut.motifs_b2g else ():
            yield code, (motif,), True
        if len(statut.motifs) > 1:
            yield code, statut.motifs, False


def illegal_pairs() -> Iterator[tuple[str, str, bool]]:
    for code, statut in tables.STATUTS.items():
        for chorus_pro in (False, True):
            for motif in sorted({*tables.MOTIFS, "INVENTE"} - {*statut.legal_motifs(chorus_pro)}):
                yield code, motif, chorus_pro


def told(data: bytes, emission: bool = True) -> list[str]:
    return [f"{f.code} {f.location}" for f in judge_cdar(data, PACK, emission).findings]


# -- what we make -----------------------------------------------------------------------------------------


def test_every_statut_has_its_row() -> None:
    codes = [*map(str, range(200, 215)), "220", "221", *map(str, range(224, 229)), "501"]

    assert sorted(codes) == sorted(tables.STATUTS)
    assert {"500", "501"} == set(tables.STATUTS_FLUX)


def test_every_motif_and_role_of_the_table_has_its_words() -> None:
    for statut in (*tables.STATUTS.values(), *tables.STATUTS_FLUX.values()):
        assert set(statut.legal_motifs(True)) <= set(tables.MOTIFS)
        assert statut.auteurs | statut.destinataires <= set(tables.ROLES)
        assert statut.phase in tables.PHASES


@pytest.mark.parametrize(("code", "motifs", "chorus_pro"), [*legal_pairs()])
def test_every_legal_pair_passes_the_schema_and_the_official_rules(
    code: str, motifs: tuple[str, ...], chorus_pro: bool
) -> None:
    cdv = make(code, *motifs, chorus_pro=chorus_pro)
    data = write_cdar(cdv)

    assert told(data) == []
    assert read_cdar(data).cdv == cdv
    assert [motif.rang for motif in cdv.objet.motifs if motif.code] == [*range(1, len(motifs) + 1)]


@pytest.mark.parametrize("code", tables.STATUTS)
def test_no_other_pair_can_be_made_or_written(code: str) -> None:
    legal = make(code, *tables.STATUTS[code].motifs[:1])
    for _, motif, chorus_pro in (pair for pair in illegal_pairs() if pair[0] == code):
        with pytest.raises(CdvIllegal, match=r"EDI-CDV-(14|06)"):
            make(code, motif, chorus_pro=chorus_pro)
        forged = forge(legal, motif, chorus_pro)
        with pytest.raises(CdvIllegal, match=r"EDI-CDV-(14|06)"):
            write_cdar(forged)


def forge(cdv: Cdv, motif: str, chorus_pro: bool) -> Cdv:
    """The same message with a motif that its statut may not have."""
    reasons = (building.MotifCdv(1, motif, "x"),)
    sender = CHORUS_PRO if chorus_pro else PLATEFORME
    return replace(cdv, expediteur=sender, objet=replace(cdv.objet, motifs=reasons))


@pytest.mark.parametrize("code", sorted(c for c, s in tables.STATUTS.items() if s.motif_exige))
def test_a_statut_that_needs_a_motif_is_not_made_without(code: str) -> None:
    with pytest.raises(CdvIllegal, match="EDI-CDV-15"):
        make(code)


@pytest.mark.parametrize(
    "donnees",
    [(), (replace(MEN, taux=None),), (replace(MEN, montant=None),), (MEN, replace(MEN, taux=None))],
)
def test_a_cashing_needs_amounts_and_rates(donnees: tuple[DonneeCdv, ...]) -> None:
    with pytest.raises(CdvIllegal, match="EDI-CDV-16"):
        building.build_facture(
            "212", FACTURE, sign(tables.STATUTS["212"]), building.make_cashing(donnees) if donnees else ()
        )


@pytest.mark.parametrize("code", ["299", "", "500", "601"])
def test_a_statut_that_is_not_in_the_table_cannot_be_made(code: str) -> None:
    with pytest.raises(CdvIllegal):
        building.build_facture(code, FACTURE, sign(tables.STATUTS["200"]))


@pytest.mark.parametrize("code", [c for c, s in tables.STATUTS.items() if s.ppf != "non"])
def test_the_copy_for_the_ppf_names_its_sender_and_passes(code: str) -> None:
    copy = building.copy_for_ppf(make(code, *tables.STATUTS[code].motifs[:1]), NOUS, "FFE0614A_NAV001_1")
    data = write_cdar(copy)

    assert told(data) == []
    assert read_cdar(data).cdv == copy
    assert b"BusinessProcess" not in data


@pytest.mark.parametrize("code", ["201", "204", "208"])
def test_a_statut_that_the_ppf_does_not_get_has_no_copy(code: str) -> None:
    with pytest.raises(CdvIllegal):
        building.copy_for_ppf(make(code, *tables.STATUTS[code].motifs[:1]), NOUS, "FFE0614A_NAV001_1")


@pytest.mark.parametrize(
    ("code", "motif"), [("500", ""), *(("501", motif) for motif in tables.STATUTS_FLUX["501"].motifs)]
)
def test_a_flux_is_recevable_or_not(code: str, motif: str) -> None:
    raisons = [Raison(motif, "une explication")] if motif else []
    signature = Signature(PLATEFORME, (PARTIES["SE"],), AT, AT)
    cdv = building.build_flux(code, "FSO1100A_AAA123_AAA1231100000000000000001", AT, signature, raisons)
    data = write_cdar(cdv)

    assert told(data) == []
    assert read_cdar(data).cdv == cdv
    assert b"CDV:flux" in data


@pytest.mark.parametrize("code", tables.STATUTS_FLUX)
def test_no_other_motif_can_be_given_for_a_flux(code: str) -> None:
    signature = Signature(PLATEFORME, (PARTIES["SE"],), AT, AT)
    for motif in sorted({*tables.MOTIFS, "INVENTE"} - {*tables.STATUTS_FLUX[code].motifs}):
        with pytest.raises(CdvIllegal):
            building.build_flux(code, "FSO1100A_X", AT, signature, [Raison(motif, "une explication")])


def test_equal_values_give_equal_bytes() -> None:
    assert write_cdar(make("213", "DOUBLON")) == write_cdar(make("213", "DOUBLON"))


# -- and back ---------------------------------------------------------------------------------------------

instants = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
    lambda at: at.replace(microsecond=0, tzinfo=PARIS)
)
montants = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12)
donnees = st.builds(
    DonneeCdv,
    type=st.sampled_from(sorted(tables.DONNEES)),
    terme=st.sampled_from(["", "BT-152", "BG-23"]),
    modifiee=st.sampled_from([None, True, False]),
    nom=st.text(max_size=30),
    lieu=st.text(max_size=30),
    valeur=st.text(max_size=30),
    montant=st.none() | montants,
    taux=st.none() | montants,
)
raisons = st.builds(
    Raison,
    code=st.sampled_from(tables.STATUTS["207"].motifs),
    note=st.text(max_size=60).map(lambda note: f"x{note}"),
    action=st.sampled_from(["", *tables.ACTIONS]),
    donnees=st.lists(donnees, max_size=3).map(tuple),
)


@settings(deadline=None)
@given(instants, instants, st.dates(), st.text(max_size=30), st.lists(raisons, min_size=1, max_size=4))
def test_what_was_written_is_read_back_as_it_was(
    pose_le: datetime, cree_le: datetime, jour: date, nom: str, told: list[Raison]
) -> None:
    signature = Signature(
        building.make_party("BY", "200000008", nom),
        (building.make_party("SE", "100000009", nom, "100000009_STATUTS"),),
        pose_le,
        cree_le,
    )
    facture = FACTURE._replace(date=jour, recue_le=pose_le)
    cdv = building.build_facture("207", facture, signature, told)
    read = read_cdar(write_cdar(cdv))

    assert read.findings == ()
    assert read.cdv == cdv
    assert coherence.check(cdv) == ()


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_nothing_is_raised_on_foreign_bytes(data: bytes) -> None:
    assert read_cdar(data).cdv is None


# -- what we receive --------------------------------------------------------------------------------------


def test_the_messages_of_others_are_read(corpus: Path) -> None:
    with (corpus / "cdar" / "index.csv").open(encoding="utf-8", newline="") as index:
        rows = list(csv.DictReader(index))
    for row in rows:
        judged = judge_cdar((corpus / "cdar" / row["file"]).read_bytes(), PACK)

        assert judged.accepted
        assert judged.cdv is not None
        assert judged.cdv.objet.statut == row["status"]
        assert "".join(m.code for m in judged.cdv.objet.motifs) == row["reason"]
        assert {f.code for f in judged.findings} == {"EDI-CDV-04"}


DATA = write_cdar(make("213", "REJ_SEMAN")).decode()
DATA_207 = write_cdar(make("207", "AUTRE")).decode()


def without(name: str, data: str = DATA) -> bytes:
    """A message that lacks its first element of that name."""
    start = data.index(f"<{name}>")
    end = data.index(f"</{name}>", start) + len(f"</{name}>")
    return (data[:start] + data[end:]).encode()


def instead(*pairs: tuple[str, str], data: str = DATA) -> bytes:
    for old, new in pairs:
        assert old in data
        data = data.replace(old, new, 1)
    return data.encode()


END = "</rsm:CrossDomainAcknowledgementAndResponse>"
TWO = DATA.replace(END, DATA[DATA.index("<rsm:AcknowledgementDocument>") :])
SELLER = '"0002">100000009</ram:GlobalID>\n        <ram:RoleCode>SE'
EN_23 = ("<ram:TypeCode>305<", "<ram:TypeCode>23<")


@pytest.mark.parametrize(
    ("data", "code", "severity", "place"),
    [
        (b"", "EDI-CDV-01", Severity.FATAL, ""),
        (b"<a>", "EDI-CDV-01", Severity.FATAL, "1:4"),
        (b"<Invoice/>", "EDI-CDV-02", Severity.FATAL, "/Invoice"),
        (without("ram:IssueDateTime"), "EDI-CDV-03", Severity.FATAL, "ExchangedDocument/ram:IssueDateTime"),
        (without("ram:ReceiptDateTime"), "EDI-CDV-03", Severity.FATAL, "ram:ReceiptDateTime"),
        (without("ram:IssuerAssignedID"), "EDI-CDV-03", Severity.FATAL, "ram:IssuerAssignedID"),
        (instead(("<ram:TypeCode>380</ram:TypeCode>", "")), "EDI-CDV-03", Severity.FATAL, "ram:TypeCode"),
        (without("ram:ReferenceTypeCode"), "EDI-CDV-04", Severity.WARNING, "ram:ReferenceTypeCode"),
        (instead((">20261120151000<", ">hier<")), "EDI-CDV-05", Severity.FATAL, "DateTimeString"),
        (
            instead(("<ram:ProcessConditionCode>213", "<ram:ProcessConditionCode>299")),
            "EDI-CDV-06",
            Severity.WARNING,
            "ram:ProcessConditionCode",
        ),
        (instead((">REJ_SEMAN<", ">REJ_NEUF<")), "EDI-CDV-06", Severity.WARNING, "ram:ReasonCode"),
        (instead(EN_23), "EDI-CDV-07", Severity.FATAL, "AcknowledgementDocument/ram:TypeCode"),
        (
            instead(("<ram:StatusCode>46", "<ram:StatusCode>1"), data=DATA_207),
            "EDI-CDV-08",
            Severity.WARNING,
            "ram:StatusCode",
        ),
        (
            instead(
                (
                    "<ram:IssuerTradeParty>",
                    '<ram:IssuerTradeParty><ram:GlobalID schemeID="0238">0003</ram:GlobalID>',
                )
            ),
            "EDI-CDV-09",
            Severity.FATAL,
            "ram:GlobalID",
        ),
        (
            instead(("<ram:RoleCode>AB<", "<ram:RoleCode>SE<"), data=DATA_207),
            "EDI-CDV-10",
            Severity.WARNING,
            "ram:RoleCode",
        ),
        (TWO.encode(), "EDI-CDV-11", Severity.FATAL, "ram:IssuerAssignedID"),
        (
            instead(("<ram:SequenceNumeric>1<", "<ram:SequenceNumeric>2<")),
            "EDI-CDV-12",
            Severity.WARNING,
            "ram:SequenceNumeric",
        ),
        (
            instead((SELLER, SELLER.replace("009<", "008<"))),
            "EDI-CDV-13",
            Severity.WARNING,
            "ram:GlobalID",
        ),
        (without("ram:IncludedNote", DATA_207), "EDI-CDV-18", Severity.WARNING, "ram:Content"),
        (instead((">F202600042<", ">F2026é42<")), "EDI-CDV-19", Severity.WARNING, "ram:IssuerAssignedID"),
    ],
)
def test_what_the_official_file_does_not_see_is_told_where_it_stands(
    data: bytes, code: str, severity: Severity, place: str
) -> None:
    found = [finding for finding in judge_cdar(data, PACK).findings if finding.code == code]

    assert [finding.severity for finding in found][:1] == [severity]
    assert place in found[0].location


def test_a_bom_and_codes_that_nobody_knows_do_not_refuse_a_message() -> None:
    data = b"\xef\xbb\xbf" + instead((">REJ_SEMAN<", ">REJ_NEUF<"), (">NIN<", ">XXX<"))
    judged = judge_cdar(data, PACK)

    assert judged.accepted
    assert {"EDI-CDV-06", "BR-FR-CDV-CL-09_MDT-113"} <= {f.code for f in judged.findings}
    assert not judge_cdar(data, PACK, emission=True).accepted


def test_what_the_official_file_says_is_not_said_twice() -> None:
    judged = judge_cdar(instead((">REJ_SEMAN<", ">QTE_ERR<")), PACK, emission=True)

    assert {f.code for f in judged.findings} == {"BR-FR-CDV-CL-09_MDT-113_213"}


def test_a_message_about_a_flux_is_judged_by_our_rules_alone() -> None:
    signature = Signature(PLATEFORME, (PARTIES["SE"],), AT, AT)
    cdv = building.build_flux("501", "FSO1100A_X", AT, signature, [Raison("IRR_FORM")])
    data = write_cdar(cdv).decode()
    wrong = without("ram:URIUniversalCommunication", data.replace("IRR_FORM", "DOUBLON"))

    assert {f.code for f in judge_cdar(wrong, PACK).findings} == {"EDI-CDV-14", "EDI-CDV-17"}


def test_a_copy_for_the_ppf_from_nobody_is_refused() -> None:
    with pytest.raises(CdvIllegal, match="EDI-CDV-20"):
        building.copy_for_ppf(make("200"), PLATEFORME, "FFE0614A_NAV001_1")


def test_every_card_of_a_message_is_hit_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")

    assert [card.code for card in cards.CARDS if card.code not in text] == []


def test_an_empty_message_lacks_all_that_it_must_hold() -> None:
    found = coherence.check(Cdv(objet=ObjetCdv()))

    assert {f.code for f in found} == {"EDI-CDV-03", "EDI-CDV-04"}


# -- edi cdar check ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "options", "code", "said"),
    [
        (DATA.encode(), [], 0, "Contrôle sémantique"),
        (without("ram:ReceiptDateTime"), [], 1, "EDI-CDV-03"),
        (instead((">REJ_SEMAN<", ">REJ_NEUF<")), [], 0, "EDI-CDV-06"),
        (instead((">REJ_SEMAN<", ">REJ_NEUF<")), ["--emission"], 1, "BR-FR-CDV-CL-09"),
        (b"du texte", [], 1, "EDI-CDV-01"),
        (DATA.encode(), ["--json"], 0, '"statut": "213"'),
    ],
)
def test_the_command_says_what_a_message_says(
    data: bytes, options: list[str], code: int, said: str, tmp_path: Path
) -> None:
    (tmp_path / "message.xml").write_bytes(data)
    result = CliRunner().invoke(
        app, ["-e", str(tmp_path), "cdar", "check", str(tmp_path / "message.xml"), *options]
    )

    assert result.exit_code == code
    assert said in result.stdout


REASON = "<ram:SpecifiedDocumentStatus><ram:ReasonCode>ZZ</ram:ReasonCode></ram:SpecifiedDocumentStatus>"
OBJECT = "</ram:ReferenceReferencedDocument>"


def test_a_message_of_thousands_of_faults_is_told_in_a_few() -> None:
    judged = judge_cdar(instead((OBJECT, 5_000 * REASON + OBJECT)), PACK)

    assert 0 < len(judged.findings) <= coherence.MOST_FINDINGS


VALUES = st.sampled_from(["", "x", "-1", "1e9", "NaN", "99999999999999", "20261399", "0238", "é" * 300])


@settings(deadline=None)
@given(st.data())
def test_a_message_that_was_tampered_with_is_judged_all_the_same(data: st.DataObject) -> None:
    root = etree.fromstring(data.draw(st.sampled_from([DATA.encode(), DATA_207.encode()])))
    for _ in range(data.draw(st.integers(1, 3))):
        below = [e for e in root.iter() if e is not root]
        if not below:
            break
        element = data.draw(st.sampled_from(below))
        match data.draw(st.sampled_from(["out", "twice", "text", "bare"])):
            case "out":
                element.getparent().remove(element)
            case "twice":
                element.addnext(deepcopy(element))
            case "text":
                element.text = data.draw(VALUES)
            case "bare":
                element.attrib.clear()
    judged = judge_cdar(etree.tostring(root), PACK)

    assert judged.cdv is not None
    assert judged.accepted == all(f.severity < Severity.ERROR for f in judged.findings)


# -- from findings to messages ----------------------------------------------------------------------------


def found(motif: str, severity: Severity = Severity.ERROR, location: str = "/Invoice/cbc:ID") -> Finding:
    return Finding(
        "BR-FR-05", severity, "La mention PMT manque.", location, 12, "x", term="BT-22 Note", motif=motif
    )


def test_a_motif_says_the_rule_the_term_the_value_and_the_place() -> None:
    (raison,) = cdv.explain([found("REJ_SEMAN"), found("REJ_SEMAN")], ["REJ_SEMAN"], "NIN")

    assert raison.note == "BR-FR-05 BT-22 Note : La mention PMT manque. Trouvé : « x »."
    assert [(d.terme, d.lieu, d.valeur) for d in raison.donnees] == [("BT-22", "/Invoice/cbc:ID", "x")]


def test_what_does_not_block_or_is_no_motif_of_the_statut_is_not_a_reason() -> None:
    findings = [found("REJ_SEMAN", Severity.WARNING), found("IRR_SYNTAX"), found("DOUBLON", location="")]

    assert [r.code for r in cdv.explain(findings, tables.STATUTS["213"].motifs)] == ["DOUBLON"]


@given(st.lists(st.sampled_from(tables.STATUTS["213"].motifs), min_size=1, max_size=6), st.text(max_size=40))
def test_whatever_findings_say_a_message_of_rejection_can_be_written(motifs: list[str], words: str) -> None:
    findings = [Finding("X", Severity.ERROR, words, words, 1, words, term=words, motif=m) for m in motifs]
    raisons = cdv.explain(findings, tables.STATUTS["213"].motifs, "NIN")
    made = building.build_facture("213", FACTURE, sign(tables.STATUTS["213"]), raisons)

    assert read_cdar(write_cdar(made)).cdv == made


# -- a deposit answered in this format --------------------------------------------------------------------


def prepare(root: Path) -> Espace:
    """A lot of which one invoice is wrong, deposited by who wants messages of the reform."""
    make_espace(root)
    config = root / "config" / "edi.toml"
    text = config.read_text(encoding="utf-8").replace('"AAA123"', '"AAA123"\nformat_retour = "cdar"', 1)
    config.write_text(text, encoding="utf-8")
    espace = open_espace(root)
    deposit(espace, LotSpec(nombre=2, fautes={1: "ttc-faux"}))
    return espace


def answer(root: Path) -> tuple[Espace, dict[str, bytes]]:
    espace = prepare(root)
    App(espace).run_once()
    return espace, answers(espace)


def test_each_change_of_statut_leaves_once_and_in_order(tmp_path: Path) -> None:
    _, files = answer(tmp_path)
    read = {nom: read_cdar(data).cdv for nom, data in files.items() if nom[:3] in ("FFE", "CFE")}

    assert [c and c.objet.statut for c in read.values()] == ["500", "200", "203", "213"]
    assert [nom[:3] for nom in files] == ["CFE", "CSO", "FFE", "FFE", "FFE"]
    assert all(told(data) == [] for nom, data in files.items() if nom in read)


def test_the_history_of_an_invoice_names_the_message_that_told_it(tmp_path: Path) -> None:
    espace, files = answer(tmp_path)
    with espace.engine.begin() as conn:
        facture = factures.of_flux(conn, 1)[0]
        history = vies.history(conn, facture.id)

    told = [passage.dit_par for passage in history]
    assert told == [(nom,) for nom in sorted(files) if nom.startswith("FFE")][:2]


def test_a_message_that_the_official_rules_refuse_may_not_leave(tmp_path: Path) -> None:
    espace = make_espace(tmp_path)
    control = make_controle(espace.settings, InProcess(), espace.regles.read, espace.now)
    assert control is not None
    statut = tables.STATUTS["200"]
    b2c = building.build_facture("200", FACTURE, sign(statut), processus="B2C")
    may, may_not = control([write_cdar(make("200")), write_cdar(b2c)])

    assert may == ""
    assert "BR-FR-CDV-CL-01" in may_not  # legal, but not for the sheet that is installed


def test_no_control_is_made_when_none_is_asked_for(tmp_path: Path) -> None:
    espace = make_espace(tmp_path)
    text = "\n[cycle_de_vie]\ncontrole = false\n"
    with (tmp_path / "config" / "edi.toml").open("a", encoding="utf-8") as config:
        config.write(text)
    espace = open_espace(tmp_path)

    assert make_controle(espace.settings, InProcess(), espace.regles.read, espace.now) is None


def test_a_message_that_may_not_leave_stays_booked_and_keeps_nothing_else(tmp_path: Path) -> None:
    def refuse(messages: Sequence[bytes]) -> list[str]:
        return ["refused"] * len(messages)

    espace = prepare(tmp_path)
    app = App(espace)
    app.pipeline = replace(app.pipeline, emitter=app.pipeline.emitter._replace(controle=refuse))
    app.run_once()
    with espace.engine.begin() as conn:
        waiting = [e.nom[:3] for e in emissions.pending(conn)]

    assert [nom[:3] for nom in answers(espace)] == ["CSO"]
    assert waiting == ["CFE", "FFE", "FFE", "FFE"]


@given(st.from_regex(r"FSO[0-9]{4}A", fullmatch=True), st.from_regex(r"[A-Z]{3}[0-9]{3}", fullmatch=True))
def test_a_report_a_message_about_a_flux_and_one_about_an_invoice_never_share_a_flux_id(
    interface: str, appli: str
) -> None:
    codes = {names.integration_report_code(interface), names.cdar_flux_code(interface), names.CDAR_FACTURE}
    ids = {names.flux_id("CPP001", code, appli, 1) for code in codes}

    assert len(ids) == 3
    assert {len(id) for id in ids} == {25}
