"""Versions of official packs: which judges which day, what is installed, activated, taken back, refused."""

from __future__ import annotations

import pickle
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from feuilles import sheet_of, write_newer

from edi.engine import LocalWorkers
from edi.judge import Demande, judge
from edi.model import Limites, PackApplique, Politique
from edi.regles import differences, examen
from edi.regles.examen import Proposal
from edi.regles.versions import FICHIER, Regles, VersionRefused
from edi.samples.document import make_facture
from edi.samples.faults import REFORME
from edi.validators.schematron.packs import PACKS, Pack, PackUnavailable, pack_on, read_versions
from edi.validators.schematron.versions import Etat, merge, render, state_on

JEU = "en16931-ubl"
VEILLE, JOUR, LENDEMAIN = date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2)
SHIPPED = PACKS[JEU][0]


def version(name: str, depuis: date = date.min, **fields: object) -> Pack:
    return replace(SHIPPED, version=name, valid_from=depuis, **fields)


def candidate(name: str) -> Pack:
    return version(name, candidat=True)


@pytest.fixture
def regles(tmp_path: Path) -> Regles:
    return Regles(tmp_path / "regles")


# -- versions side by side --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jour", "judges"), [(VEILLE, "1.3.16"), (JOUR, "2"), (LENDEMAIN, "2"), (date(2030, 1, 1), "2")]
)
def test_a_version_judges_from_its_day_and_ends_the_one_before(jour: date, judges: str) -> None:
    packs = merge({JEU: (SHIPPED,)}, {JEU: (version("2", JOUR),)})

    assert pack_on(JEU, jour, packs).version == judges


@pytest.mark.parametrize("jour", [VEILLE, JOUR, LENDEMAIN])
def test_a_candidate_judges_no_day(jour: date) -> None:
    packs = merge({JEU: (SHIPPED,)}, {JEU: (replace(candidate("2"), valid_from=JOUR),)})

    assert pack_on(JEU, jour, packs).version == "1.3.16"
    assert [pack.version for pack in packs[JEU]] == ["1.3.16", "2"]


@pytest.mark.parametrize(
    ("jour", "old", "new"),
    [
        (VEILLE, Etat.EN_VIGUEUR, Etat.A_VENIR),
        (JOUR, Etat.REMPLACE, Etat.EN_VIGUEUR),
        (LENDEMAIN, Etat.REMPLACE, Etat.EN_VIGUEUR),
    ],
)
def test_the_states_of_two_versions_around_the_day(jour: date, old: Etat, new: Etat) -> None:
    before, after = merge({JEU: (SHIPPED,)}, {JEU: (version("2", JOUR),)})[JEU]

    assert (state_on(before, jour), state_on(after, jour)) == (old, new)
    assert state_on(candidate("3"), jour) is Etat.CANDIDAT


def test_a_release_that_ships_a_later_version_ends_the_operators_own() -> None:
    shipped = (replace(SHIPPED, valid_to=LENDEMAIN), version("3", LENDEMAIN))
    packs = merge({JEU: shipped}, {JEU: (version("2", JOUR),)})
    judges = [pack_on(JEU, jour, packs).version for jour in (VEILLE, JOUR, LENDEMAIN)]

    assert judges == ["1.3.16", "2", "3"]


def test_on_one_day_the_version_of_the_operator_wins() -> None:
    shipped = (replace(SHIPPED, valid_to=JOUR), version("3", JOUR))
    packs = merge({JEU: shipped}, {JEU: (version("2", JOUR),)})

    assert [pack_on(JEU, jour, packs).version for jour in (VEILLE, JOUR)] == ["1.3.16", "2"]
    assert {pack.version: state_on(pack, JOUR) for pack in packs[JEU]}["3"] is Etat.REMPLACE


@pytest.mark.parametrize(("own", "kept"), [(candidate("2"), False), (version("2", LENDEMAIN), True)])
def test_a_version_that_a_release_ships_too_is_the_operators_once_activated(own: Pack, kept: bool) -> None:
    shipped = (replace(SHIPPED, valid_to=JOUR), version("2", JOUR))
    packs = merge({JEU: shipped}, {JEU: (own,)})

    assert [pack.version for pack in packs[JEU]] == ["1.3.16", "2"]
    assert (pack_on(JEU, LENDEMAIN, packs).valid_from == LENDEMAIN) is kept


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    own = {
        JEU: (version("2", JOUR), replace(candidate("3 \\"), libelle='« cité » "ici"')),
        "facturx-minimum": PACKS["facturx-minimum"],
        "en16931-cii": PACKS["en16931-cii"],
        "extended-ctc-fr-ubl": PACKS["extended-ctc-fr-ubl"],
    }
    (tmp_path / FICHIER).write_text(render(own), encoding="utf-8")

    assert read_versions(tmp_path / FICHIER) == own


def test_two_sheets_of_one_name_keep_their_own_bytes(tmp_path: Path) -> None:
    other = replace(SHIPPED.parts[0].sheet, sha256="b" * 64)
    own = {JEU: (SHIPPED, replace(SHIPPED, version="2", parts=(replace(SHIPPED.parts[0], sheet=other),)))}
    (tmp_path / FICHIER).write_text(render(own), encoding="utf-8")

    assert [pack.sha256 for pack in read_versions(tmp_path / FICHIER)[JEU]] == [
        SHIPPED.sha256,
        ("b" * 64,),
    ]


# -- the folder of a workspace ----------------------------------------------------------------------------


def test_a_workspace_without_versions_of_its_own_has_those_that_are_shipped(regles: Regles) -> None:
    assert regles.read() == PACKS
    assert not regles.folder.exists()


DAY_AS_TEXT = render({JEU: (version("2", JOUR),)}).replace("= 2026-09-01", "= '2026-09-01'")


@pytest.mark.parametrize(
    "text", ["[[pack", "[[pack]]\nid = 'x'", "[severities]\nfatal = 'MAJOR'", DAY_AS_TEXT]
)
def test_a_file_of_versions_that_cannot_be_read_stops_everything(regles: Regles, text: str) -> None:
    regles.folder.mkdir()
    (regles.folder / FICHIER).write_text(text, encoding="utf-8")

    with pytest.raises(PackUnavailable, match=FICHIER):
        regles.read()


def install(regles: Regles, name: str = "2", data: bytes | None = None) -> Pack:
    data = sheet_of(JEU).read_bytes() + f"<!-- {name} -->".encode() if data is None else data
    proposal = Proposal(JEU, name, "newer.xslt", data, {})
    pack = regles.keep(examen.propose(proposal, regles.read(), SHIPPED, JOUR), proposal.files)
    regles.record(pack)
    return pack


def test_an_installed_version_is_kept_under_its_sha256(regles: Regles) -> None:
    pack = install(regles)
    sheet = pack.parts[0].sheet

    assert regles.read()[JEU] == (SHIPPED, pack)
    assert (regles.folder / "feuilles" / sheet.sha256 / "newer.xslt").is_file()
    assert tomllib.loads((regles.folder / FICHIER).read_text("utf-8"))["pack"][0]["candidat"] is True
    assert sorted(path.name for path in regles.folder.rglob("*.part")) == []


def test_a_version_that_was_taken_meanwhile_is_refused(regles: Regles) -> None:
    pack = install(regles)

    with pytest.raises(VersionRefused, match="a déjà une version « 2 »"):
        regles.record(pack)


@pytest.mark.parametrize(("jour", "judges"), [(VEILLE, "1.3.16"), (JOUR, "2"), (LENDEMAIN, "2")])
def test_an_activated_version_judges_from_its_day(regles: Regles, jour: date, judges: str) -> None:
    install(regles)
    regles.activate(JEU, "2", JOUR)

    assert pack_on(JEU, jour, regles.read()).version == judges


@pytest.mark.parametrize("today", [VEILLE, JOUR, LENDEMAIN])
def test_an_activation_is_taken_back_until_the_day_it_begins(regles: Regles, today: date) -> None:
    install(regles)
    regles.activate(JEU, "2", JOUR)
    if today < JOUR:
        left = regles.retire(JEU, "2", today)

        assert left is not None
        assert left.candidat
        assert pack_on(JEU, LENDEMAIN, regles.read()) == SHIPPED
        return
    with pytest.raises(VersionRefused, match="s'applique depuis le 01/09/2026"):
        regles.retire(JEU, "2", today)


def test_a_candidate_that_is_taken_back_is_gone_and_may_be_installed_again(regles: Regles) -> None:
    pack = install(regles)

    assert regles.retire(JEU, "2", JOUR) is None
    assert regles.read() == PACKS
    assert install(regles) == pack


def test_a_version_that_begins_on_the_day_of_a_wrong_one_takes_its_place(regles: Regles) -> None:
    install(regles, "2")
    install(regles, "3")
    regles.activate(JEU, "2", JOUR)
    regles.activate(JEU, "3", JOUR)
    judges = [pack_on(JEU, jour, regles.read()).version for jour in (VEILLE, JOUR, LENDEMAIN)]
    states = {pack.version: state_on(pack, JOUR) for pack in regles.read()[JEU]}

    assert judges == ["1.3.16", "3", "3"]
    assert states == {"1.3.16": Etat.REMPLACE, "2": Etat.REMPLACE, "3": Etat.EN_VIGUEUR}
    assert {pack.version for pack in regles.own()[JEU]} == {"2", "3"}  # both are kept: verdicts name them


def test_a_version_cannot_begin_before_another_has(regles: Regles) -> None:
    install(regles, "2")
    install(regles, "3")
    regles.activate(JEU, "2", JOUR)

    with pytest.raises(VersionRefused, match=r"« 2 » .* s'applique dès le 01/09/2026"):
        regles.activate(JEU, "3", VEILLE)
    assert regles.activate(JEU, "3", LENDEMAIN).valid_from == LENDEMAIN
    assert [pack.valid_to for pack in regles.read()[JEU]] == [JOUR, LENDEMAIN, None]


def test_what_is_shipped_or_unknown_is_neither_activated_nor_taken_back(regles: Regles) -> None:
    for act in (regles.activate, regles.retire):
        with pytest.raises(VersionRefused, match=r"versions connues : 1\.3\.16"):
            act(JEU, "9", JOUR)
    with pytest.raises(VersionRefused, match="n'est pas un candidat"):
        regles.activate(JEU, SHIPPED.version, JOUR)
    with pytest.raises(VersionRefused, match="livrée avec Navette"):
        regles.retire(JEU, SHIPPED.version, JOUR)


def test_a_file_that_was_altered_since_is_not_activated(tmp_path: Path) -> None:
    regles = Regles(tmp_path / "regles")
    pack = install(regles)
    (regles.folder / pack.parts[0].sheet.file).write_bytes(b"<altered/>")

    with pytest.raises(VersionRefused, match=r"inutilisable .*sha256 differs"):
        regles.activate(JEU, "2", JOUR)


# -- what may be installed --------------------------------------------------------------------------------

SHEET = b'<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="2.0"/>'
OFFICIAL = sheet_of(JEU).read_bytes()
UNSEEN: Mapping[str, bytes] = {}


@pytest.mark.parametrize(
    ("proposal", "why"),
    [
        (Proposal("no-such", "2", "a.xslt", OFFICIAL, UNSEEN), "jeu de règles « no-such » est inconnu"),
        (Proposal(JEU, "1.3.16", "a.xslt", OFFICIAL, UNSEEN), "a déjà une version « 1.3.16 »"),
        (Proposal(JEU, "2", "a.xslt", OFFICIAL, UNSEEN), r"version « 1.3.16 » .* \(mêmes octets\)"),
        (Proposal(JEU, "2", "a.sch", OFFICIAL, UNSEEN), "n'est pas une feuille compilée"),
        (Proposal(JEU, "2/3", "a.xslt", OFFICIAL, UNSEEN), "ne peut pas nommer une version"),
        (Proposal(JEU, "2", "../a.xslt", OFFICIAL, UNSEEN), "ne peut pas nommer un fichier"),
        (Proposal(JEU, "2", "a.xslt", b"<a/>", UNSEEN), "n'est pas une feuille XSLT"),
        (Proposal(JEU, "2", "a.xslt", b"<a", UNSEEN), "n'est pas un document XML lisible"),
        (Proposal(JEU, "2", "a.xslt", b"<!DOCTYPE a>" + SHEET, UNSEEN), "porte une déclaration DOCTYPE"),
        (Proposal(JEU, "2", "a.xslt", OFFICIAL, {"b.xml": b"<!DOCTYPE b><b/>"}), "« b.xml » .* DOCTYPE"),
        (Proposal(JEU, "2", "a.xslt", SHEET, UNSEEN), "ne parle pas des documents que juge le jeu"),
        (
            Proposal(JEU, "2", "a.xslt", sheet_of("facturx-minimum").read_bytes(), UNSEEN),
            "lit aussi « FACTUR-X_MINIMUM_codedb.xml » : donnez-le par --avec",
        ),
        (
            Proposal("en16931-cii", "2", "a.xslt", sheet_of("br-fr-cii").read_bytes(), UNSEEN),
            "se compose des feuilles facturx-en16931 et extended-ctc-fr-cii : dites par --feuille",
        ),
        (
            Proposal("en16931-cii", "2", "a.xslt", sheet_of("br-fr-cii").read_bytes(), UNSEEN, feuille="x"),
            "dites par --feuille",
        ),
        (
            Proposal(
                "en16931-cii",
                "2",
                "a.xslt",
                sheet_of("br-fr-cii").read_bytes(),
                UNSEEN,
                feuille="extended-ctc-fr-cii",
            ),
            "ne contient aucune règle du jeu",
        ),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_a_version_is_refused_in_french(proposal: Proposal, why: str) -> None:
    model = PACKS.get(proposal.jeu, (SHIPPED,))[0]

    with pytest.raises(VersionRefused, match=why):
        examen.propose(proposal, PACKS, model, JOUR)


@pytest.mark.parametrize("jeu", [name for name, versions in PACKS.items() if len(versions[0].parts) == 1])
def test_every_shipped_sheet_could_be_installed_anew(jeu: str) -> None:
    (part,) = PACKS[jeu][0].parts
    path = sheet_of(jeu)
    extra = {name: (path.parent / name).read_bytes() for name, _ in part.sheet.extra}
    data = path.read_bytes() + b"<!-- newer -->"
    found = examen.propose(Proposal(jeu, "2", path.name, data, extra), PACKS, PACKS[jeu][0], JOUR)

    assert (found.version, found.candidat, found.flags) == ("2", True, PACKS[jeu][0].flags)
    assert found.parts[0].sheet.extra == part.sheet.extra


def test_a_replaced_sheet_keeps_the_selection_of_its_pack() -> None:
    model = PACKS["en16931-cii"][0]
    data = sheet_of("facturx-en16931").read_bytes() + b"<!-- newer -->"
    name = model.parts[0].sheet.extra[0][0]
    extra = {name: (sheet_of("facturx-en16931").parent / name).read_bytes()}
    proposal = Proposal("en16931-cii", "2", "a.xslt", data, extra, feuille="facturx-en16931")
    one, all_of_it = (
        examen.propose(replace(proposal, feuille=feuille), PACKS, model, JOUR)
        for feuille in ("facturx-en16931", examen.TOUTES)
    )

    assert [part.keep for part in one.parts] == [part.keep for part in model.parts]
    assert one.parts[1] == model.parts[1]
    assert [(part.keep, part.drop) for part in all_of_it.parts] == [((), ())]


def test_a_sheet_that_does_not_compile_says_so(regles: Regles) -> None:
    broken = OFFICIAL.replace(b"normalize-space(cbc:ID)", b"no-such-function(cbc:ID)")
    pack = install(regles, data=broken)
    fault, rewritten = examen.compile_sheets(pack)

    assert "no-such-function" in fault
    assert not rewritten


def test_a_sheet_of_another_make_is_run_as_it_is(regles: Regles) -> None:
    pack = install(regles)

    assert examen.compile_sheets(pack) == ("", True)
    assert not examen.without_rewriting(pack).parts[0].sheet.rewrite


@pytest.mark.parametrize(("depuis", "may_return"), [(VEILLE, True), (JOUR, True), (LENDEMAIN, False)])
def test_the_bytes_of_a_replaced_version_may_come_back_under_another_name(
    regles: Regles, depuis: date, may_return: bool
) -> None:
    install(regles, "2")
    regles.activate(JEU, "2", depuis)
    if may_return:
        assert install(regles, "1.3.16 bis", OFFICIAL).sha256 == SHIPPED.sha256
        return
    with pytest.raises(VersionRefused, match="mêmes octets"):
        install(regles, "1.3.16 bis", OFFICIAL)


# -- what changes -----------------------------------------------------------------------------------------


def test_new_gone_and_changed_asserts_are_told_with_their_cards(tmp_path: Path, regles: Regles) -> None:
    path = write_newer(tmp_path, JEU, "BR-02", "false()")
    path.write_bytes(path.read_bytes().replace(b">BR-03<", b">BR-ZZ-99<"))
    pack = install(regles, data=path.read_bytes())
    found = {change.code: (change.nature, change.carte) for change in differences.list_changes(SHIPPED, pack)}

    assert found == {
        "BR-02": ("modifiée", True),
        "BR-ZZ-99": ("nouvelle", False),
        "BR-03": ("disparue", True),
    }
    assert differences.lacking_cards(pack) == ("BR-ZZ-99",)
    assert differences.count_asserts(pack) == differences.count_asserts(SHIPPED)


def test_two_versions_that_say_the_same_differ_in_nothing(regles: Regles) -> None:
    assert differences.list_changes(SHIPPED, install(regles)) == ()


def test_a_changed_list_of_codes_is_told(regles: Regles) -> None:
    before = PACKS["facturx-minimum"][0]
    path, (name, _) = sheet_of("facturx-minimum"), before.parts[0].sheet.extra[0]
    codes = (path.parent / name).read_bytes()
    proposal = Proposal("facturx-minimum", "2", path.name, path.read_bytes(), {name: codes + b"<!-- 2 -->"})
    after = regles.keep(examen.propose(proposal, PACKS, before, JOUR), proposal.files)

    assert [change.code for change in differences.list_changes(before, after)] == [differences.COMMON]
    assert examen.compile_sheets(after) == ("", True)


# -- judgement --------------------------------------------------------------------------------------------

INVOICE_DAY = date(2025, 9, 15)  # the day of the samples


@pytest.fixture
def stricter(tmp_path: Path) -> Regles:
    """A workspace in which a version that refuses every number of an invoice is installed."""
    regles = Regles(tmp_path / "regles")
    install(regles, "2", write_newer(tmp_path / "new", JEU, "BR-02", "false()").read_bytes())
    return regles


def demande(regles: Regles) -> Demande:
    return Demande("", date(2026, 11, 20), Politique(), Limites(), packs=regles.read())


@pytest.mark.parametrize(
    ("depuis", "judges"),
    [(date(2025, 9, 14), "2"), (INVOICE_DAY, "2"), (date(2025, 9, 16), SHIPPED.version)],
)
def test_the_day_of_the_invoice_chooses_the_version_that_judges_it(
    stricter: Regles, depuis: date, judges: str
) -> None:
    stricter.activate(JEU, "2", depuis)
    (jugee,) = judge("f.xml", make_facture(REFORME), demande(stricter)).factures
    (applied,) = [pack for pack in jugee.packs if pack.id == JEU]

    assert jugee.facture.date == INVOICE_DAY
    assert applied.version == judges
    assert jugee.verdict.accepted is (judges != "2")
    assert [f.source for f in jugee.findings if f.code == "BR-02"] == ([f"{JEU} 2"] if judges == "2" else [])


def test_versions_reach_the_workers_as_values(stricter: Regles) -> None:
    stricter.activate(JEU, "2", INVOICE_DAY)
    asked = demande(stricter)
    with LocalWorkers(1) as workers:
        (jugee,) = workers.submit(judge, "f.xml", make_facture(REFORME), asked).result(120).factures

    assert pickle.loads(pickle.dumps(asked)) == asked
    assert [finding.code for finding in jugee.findings] == ["BR-02"]
    assert PackApplique(JEU, "2", pack_on(JEU, INVOICE_DAY, asked.packs).sha256) in jugee.packs


def test_a_rule_that_we_never_saw_has_a_card_that_says_so(tmp_path: Path, regles: Regles) -> None:
    path = write_newer(tmp_path / "new", JEU, "BR-02", "false()", rename="BR-ZZ-99")
    install(regles, "2", path.read_bytes())
    regles.activate(JEU, "2", INVOICE_DAY)
    (jugee,) = judge("f.xml", make_facture(REFORME), demande(regles)).factures

    assert [(f.code, f.message) for f in jugee.findings] == [
        ("BR-ZZ-99", "La facture ne respecte pas la règle officielle BR-ZZ-99.")
    ]
