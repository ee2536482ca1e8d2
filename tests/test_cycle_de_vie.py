"""The rest of an invoice's life in both formats: which code, which motif, once for each change and format."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retours import write_message, write_retour
from sqlalchemy import select
from test_remise import connect
from workspace import Typed, answers, deposit, later, make_espace, type_edi

from edi import acts
from edi.app import App
from edi.audit import audit
from edi.cdar import judge_cdar
from edi.cdv import tables
from edi.cdv.correspondance import REFORME, Reforme, make_reforme
from edi.engine import EngineFailed, InProcess
from edi.espace import Espace, open_espace, real_now
from edi.inbound.cdar import read_cdar
from edi.model import Emission, FactureDeposee, FactureStatut, Fait, Identifiant, Partie
from edi.outbound import cdv
from edi.outbound.cdar import write_cdar
from edi.outbound.dispatch import HEAVY, _batches
from edi.samples import LotSpec, world
from edi.settings import SettingsRefused
from edi.store import emissions, factures, rejets
from edi.store import flux as flux_store
from edi.store.tables import metadata
from edi.validators.schematron.packs import PACKS
from edi.wiring import make_controle

PACK = PACKS["br-fr-cdv"][0]
F = FactureStatut
AT = datetime(2026, 11, 25, 9, tzinfo=UTC)
NUMERO = "FA-U3LZZ-0001"  # of the only invoice of the sample lot
CHORUS = make_reforme(matricule="9999")
FACTURE = FactureDeposee(
    id=1,
    flux_id=1,
    ordre=1,
    fichier="f.xml",
    rang=1,
    numero="F202600042",
    type="380",
    date=date(2026, 11, 20),
    fournisseur=Partie(Identifiant("1", "00031001100010"), "KERVADEC", "FR"),
    destinataire=Partie(Identifiant("1", "12345678200051"), "DESTINATAIRE"),
    service="",
    engagement="",
    marche="",
    devise="EUR",
    ttc=None,
    statut=F.MISE_A_DISPOSITION,
)

# -- the tables ---------------------------------------------------------------------------------------------


def test_every_statut_of_ours_has_one_row() -> None:
    assert Counter(row.statut for row in tables.CORRESPONDANCES) == Counter(statut.name for statut in F)
    assert {row.source for row in tables.CORRESPONDANCES} <= {"S", "I", "U"}


def test_the_page_for_operators_shows_the_tables() -> None:
    root = Path(__file__).resolve().parents[1]
    page = (root / "docs" / "exploitation" / "cycle-de-vie-en-deux-formats.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line[:1] == "|"]
    told = {
        row[0]: (row[2].split()[0], row[3].split()[:1]) for row in rows if len(row) == 4 and row[0].isdigit()
    }
    read = {
        code: row[1][:2] for row in rows if len(row) == 2 for code in row[0].split(", ") if code.isdigit()
    }
    ours = {s.id_statut: (REFORME.codes[s] or "aucun", [m for m in [REFORME.motifs[s]] if m]) for s in F}
    ours["37"] = ("213", ["ceux"])
    lus = {code: statut.id_statut if statut else "ri" for code, statut in REFORME.lus.items()}

    assert told == ours
    assert read == {**lus, "500": "ri", "501": "ri"}


@pytest.mark.parametrize("reforme", [REFORME, CHORUS], ids=["platform", "chorus-pro"])
@pytest.mark.parametrize("statut", F, ids=lambda statut: statut.name)
def test_a_motif_by_default_is_legal_for_the_platform_that_sends_it(reforme: Reforme, statut: F) -> None:
    code = reforme.codes[statut]
    if not code or not tables.STATUTS[code].motif_exige or statut is F.NON_CONFORME:
        assert reforme.motifs[statut] == ""
        return

    assert reforme.motifs[statut] in reforme.legal_motifs(code)


def test_what_is_read_of_a_destinataire_is_what_it_may_give() -> None:
    for code in tables.LUS:
        assert tables.STATUTS[code].auteurs & {"BY", "WK"}


@pytest.mark.parametrize(
    ("codes", "motifs", "lus", "matricule", "said"),
    [
        ({"99": "204"}, {}, {}, "", "cycle_de_vie.codes.99"),
        ({"07": "299"}, {}, {}, "", "« 299 »"),
        ({"07": "203"}, {}, {}, "", "cycle_de_vie.codes.07"),  # platforms alone say that
        ({"11": "212"}, {}, {}, "", "cycle_de_vie.codes.11"),
        ({"07": "206"}, {}, {}, "", "cycle_de_vie.motifs.07"),
        ({}, {"05": "AUTRE"}, {}, "", "« AUTRE »"),
        ({}, {"05": "TX_TVA_ER"}, {}, "", "vouliez-vous « TX_TVA_ERR » ?"),
        ({}, {"11": "AUTRE"}, {}, "", "aucune"),
        ({}, {}, {"2O4": "07"}, "", "cycle_de_vie.lus.2O4"),
        ({}, {}, {"204": "7"}, "", "cycle_de_vie.lus.204"),
        ({}, {}, {"204": "12"}, "", "cycle_de_vie.lus.204"),  # not a destinataire's to give
    ],
)
def test_a_configuration_that_is_not_legal_is_refused_with_its_key_and_what_is(
    codes: dict[str, str], motifs: dict[str, str], lus: dict[str, str], matricule: str, said: str
) -> None:
    with pytest.raises(ValueError, match="valeurs légales") as refused:
        make_reforme(codes, motifs, lus, matricule=matricule)

    assert said in str(refused.value)


def test_an_operator_may_choose_otherwise() -> None:
    reforme = make_reforme({"07": "205", "10": "214", "08": ""}, {"06": "REF_ERR"}, {"204": "07"})

    assert [reforme.codes[s] for s in (F.SERVICE_FAIT, F.COMPTABILISEE, F.MANDATEE)] == ["205", "214", ""]
    assert reforme.motifs[F.SUSPENDUE] == "REF_ERR"
    assert reforme.lus["204"] is F.SERVICE_FAIT
    assert make_reforme(motifs={"05": "AUTRE"}, matricule="9999").motifs[F.REJETEE] == "AUTRE"


# -- words and motifs ---------------------------------------------------------------------------------------

LEGAL = ("JUSTIF_ABS", "CMD_ERR")
DEFAUT = "JUSTIF_ABS", "Il manque un bon. | Motif codé choisi par la plateforme"


@pytest.mark.parametrize(
    ("mots", "exige", "expected"),
    [
        ("CMD_ERR : engagement clos.", True, [("CMD_ERR", "engagement clos.")]),
        ("CMD_ERR", True, [("CMD_ERR", "")]),
        ("CMD_ERR Numéro de commande absent ou erroné : clos", True, [("CMD_ERR", "clos")]),
        ("CMD_ERR : clos | JUSTIF_ABS", True, [("CMD_ERR", "clos"), ("JUSTIF_ABS", "")]),
        ("À voir | CMD_ERR : clos", True, [("CMD_ERR", "clos | À voir")]),
        ("Mandat 12", False, [("", "Mandat 12")]),
        ("QTE_ERR : trois", False, [("", "QTE_ERR : trois")]),
        ("", False, []),
    ],
)
def test_a_legal_motif_at_the_head_is_taken(mots: str, exige: bool, expected: list[tuple[str, str]]) -> None:
    assert list(cdv.explain_words(mots, LEGAL, "JUSTIF_ABS", exige)) == expected


@pytest.mark.parametrize("mots", ["Il manque un bon.", "DEST_ERR : adressée à un autre.", "CMD_ERRONE x"])
def test_words_without_a_legal_motif_go_whole_with_the_one_by_default(mots: str) -> None:
    ((motif, note),) = cdv.explain_words(mots, LEGAL, "JUSTIF_ABS", True)

    assert motif == "JUSTIF_ABS"
    assert note.startswith(f"{mots} | Motif codé choisi par la plateforme")


statuts_donnes = st.sampled_from([s for s in F if s not in (F.DEPOSEE, F.NON_CONFORME)])


@settings(deadline=None)
@given(statuts_donnes, st.text(max_size=80), st.text(max_size=40), st.sampled_from([REFORME, CHORUS]))
def test_whatever_a_destinataire_writes_its_message_can_be_written(
    statut: F, motif: str, complement: str, reforme: Reforme
) -> None:
    fait = Fait(AT, motif, complement, producteur="12345678200051")
    planned = cdv.plan_facture(FACTURE, 1, statut, AT, reforme, fait=fait)
    told = reforme.codes[statut]
    if planned is None:
        assert not told
        return

    made = cdv._build_facture(planned, FACTURE, (), AT, AT, AT, reforme)
    assert (planned.statut, planned.pose_le) == (told, AT)
    assert judge_cdar(write_cdar(made), PACK, emission=True).findings == ()


@pytest.mark.parametrize("code", [c for c in tables.LUS if "SE" in tables.STATUTS[c].destinataires])
def test_what_was_said_by_a_code_is_told_by_it(code: str) -> None:
    row = tables.STATUTS[code]
    motif = f"{row.motifs[0]} : un mot" if row.motifs else ""
    fait = Fait(AT, motif, producteur="12345678200051", cdv=code)
    planned = cdv.plan_facture(FACTURE, 1, REFORME.lus[code], AT, REFORME, fait=fait)
    assert planned is not None
    made = cdv._build_facture(planned, FACTURE, (), AT, AT, AT, REFORME)

    assert planned.statut == code
    assert [m.code for m in made.objet.motifs] == list(row.motifs[:1])
    assert judge_cdar(write_cdar(made), PACK, emission=True).findings == ()


def test_motifs_of_the_public_sector_are_chorus_pros_alone() -> None:
    fait = Fait(AT, "AUTRE : à la demande du service", producteur="12345678200051")
    ours, theirs = (
        cdv.plan_facture(FACTURE, 1, F.REJETEE, AT, reforme, fait=fait) for reforme in (REFORME, CHORUS)
    )

    assert ours is not None
    assert [motif for motif, _ in ours.raisons] == ["NON_CONFORME"]
    assert ours.raisons[0][1].startswith("AUTRE : à la demande du service")
    assert theirs is not None
    assert theirs.raisons == (("AUTRE", "à la demande du service"),)


# -- in a workspace -----------------------------------------------------------------------------------------


def live(root: Path, format: str = "cpp+cdar", **sections: str) -> Espace:
    """A connected destinataire, and a déposant that wants its cycle de vie in that format."""
    make_espace(root)
    connect(root)
    config = root / "config" / "edi.toml"
    text = config.read_text(encoding="utf-8")
    text = text.replace('"AAA123"', f'"AAA123"\nformat_retour = "{format}"', 1)
    text += "".join(f"\n[{name}]\n{value}\n" for name, value in sections.items())
    config.write_text(text, encoding="utf-8")
    espace = open_espace(root)
    deposit(espace, LotSpec(nombre=1, destinataires=(world.SANS_OBLIGATION,)))
    App(espace).run_once()
    return espace


def say(espace: Espace, statut: str, rang: int = 1, **told: object) -> None:
    """A CPPStatut of the destinataire about the only invoice, taken in one pass."""
    unit = {"facture": NUMERO, "statut": statut, **told}
    id_flux = f"DST001{rang:019d}"
    data = write_retour(espace, "DST001", id_flux, {"statuts": [unit]})
    (espace.spool.inbox("DST001") / f"STATUTS_DST001_{id_flux}.xml").write_bytes(data)
    App(espace).run_once()


def read_suivi(espace: Espace) -> Any:
    """What ``statut/`` says of the only flux."""
    (told,) = (espace.root / "spool" / "depots" / "AAA123" / "statut").glob("AAA123*.json")
    return json.loads(told.read_text(encoding="utf-8"))


def codes(espace: Espace, appli: str = "AAA123") -> list[str]:
    """The statuts of the messages of the reform that a partner has in ``out``, in order."""
    read = [read_cdar(d).cdv for nom, d in answers(espace, appli).items() if nom.startswith("FFE")]
    return [one.objet.statut for one in read if one is not None]


@pytest.mark.parametrize(("format", "fen", "cdar"), [("cpp", 3, 0), ("cdar", 0, 3), ("cpp+cdar", 3, 3)])
def test_each_change_leaves_once_in_each_format_that_was_chosen(
    format: str, fen: int, cdar: int, tmp_path: Path
) -> None:
    espace = live(tmp_path, format)
    say(espace, "06", motif="Il manque le bon de livraison.")
    noms = [nom[:8] for nom in answers(espace)]

    assert (noms.count("FEN1200A"), noms.count("FFE0614A")) == (fen, cdar)
    assert codes(espace) == ["200", "203", "208"][:cdar]
    assert audit(espace.engine, espace.spool, real_now()).ecarts == ()


def test_messages_of_the_reform_do_not_wait_for_the_night(tmp_path: Path) -> None:
    espace = live(tmp_path, "cpp+cdar", cycle_de_vie='groupement = "nuit"')
    say(espace, "05", motif="Non commandée.")
    before = [nom[:8] for nom in answers(espace)]
    App(later(espace, 24)).run_once()
    after = [nom[:8] for nom in answers(espace)]

    assert codes(espace) == ["200", "203", "210"]
    assert (before.count("FEN1200A"), after.count("FEN1200A")) == (0, 1)


def test_the_history_names_both_flows_that_tell_a_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    espace = live(tmp_path)
    say(espace, "06", motif="Il manque le bon de livraison.")
    shown: Typed = type_edi(capsys, "-e", tmp_path, "facture", "show", NUMERO, "--json")
    told = [(one["statut"], [nom[:8] for nom in one["flux_retours"]]) for one in shown.json[0]["statuts"]]
    both = ["FEN1200A", "FFE0614A"]

    assert told == [
        ("DEPOSEE", both),
        ("EN_COURS_ACHEMINEMENT", ["FEN1200A"]),
        ("MISE_A_DISPOSITION", both),
        ("SUSPENDUE", both),
    ]


def test_what_the_reform_has_no_word_for_is_learned_from_statut(tmp_path: Path) -> None:
    espace = live(tmp_path, "cdar")
    before = answers(espace)
    say(espace, "10", motif="Prise en charge par la paierie.")
    (facture,) = read_suivi(espace)["factures"]

    assert answers(espace) == before
    assert (facture["statut"], facture["commentaire"]) == ("COMPTABILISEE", "Prise en charge par la paierie.")


def test_a_replay_waits_for_every_message_about_its_invoices(tmp_path: Path) -> None:
    espace = live(tmp_path)
    table = metadata.tables["emission"]
    with espace.engine.begin() as conn:
        (facture,) = factures.of_flux(conn, 1)
        answered = rejets.is_answered(conn, 1, [facture.id])
        last = max(e.id for e in emissions.of_flux(conn, 1) if e.interface == "FFE0614A")
        conn.execute(table.update().where(table.c.id == last).values(emis_le=None))

        assert answered
        assert not rejets.is_answered(conn, 1, [facture.id])


def booked(espace: Espace, appli: str) -> list[Emission]:
    table = metadata.tables["emission"]
    with espace.engine.begin() as conn:
        rows = conn.execute(select(table).where(table.c.appli == appli).order_by(table.c.id))
        return [Emission(**row._mapping) for row in rows]


def test_a_return_flow_made_again_has_the_same_bytes(tmp_path: Path) -> None:
    espace = live(tmp_path)
    say(espace, "05", motif="Non commandée.")
    pipeline = App(later(espace, 48)).pipeline
    emitted = booked(espace, "AAA123")
    made = dict(zip([e.nom for e in emitted], pipeline.sortie.make_many(emitted), strict=True))

    assert {nom: one[0] for nom, one in made.items() if one} == answers(espace)


# -- messages of a destinataire -----------------------------------------------------------------------------


def answer(espace: Espace, rang: int = 1, **told: object) -> None:
    """A CDAR of the destinataire about the only invoice, taken in one pass."""
    data = write_message(espace, {"facture": NUMERO, **told})
    nom = f"FFE0614A_DST001_DST001{rang:019d}.xml"
    (espace.spool.inbox("DST001") / nom).write_bytes(data)
    App(espace).run_once()


def shown(espace: Espace) -> FactureStatut | None:
    with espace.engine.begin() as conn:
        return factures.get(conn, 1).statut


@pytest.mark.parametrize("code", sorted(tables.LUS))
def test_every_code_that_a_destinataire_may_give_is_taken(code: str, tmp_path: Path) -> None:
    espace = live(tmp_path, "cdar")
    motifs = [(m, "un mot") for m in tables.STATUTS[code].motifs if m != "DOUBLON"][:1]
    answer(espace, statut=code, motifs=motifs, le="2026-11-20T11:00:00+01:00")
    with espace.engine.begin() as conn:
        (flux,) = [f for f in flux_store.search(conn)[1] if f.nature == "statuts"]
    expected = REFORME.lus[code]
    told = [] if code in ("203", "221") else [code]  # 203 was told at the hand-over, 221 is between platforms

    assert (flux.acceptees, flux.rejetees) == (1, 0)
    assert shown(espace) is (expected or F.MISE_A_DISPOSITION)
    assert codes(espace) == ["200", "203", *told]


def test_a_seller_named_by_its_siren_is_found_where_the_register_names_establishments(
    tmp_path: Path,
) -> None:
    espace = live(tmp_path, "cdar", politique='unicite = "identifiant"')
    answer(espace, statut="208", motifs=[("REF_ERR", "")])

    assert shown(espace) is F.SUSPENDUE


@pytest.mark.parametrize(
    "told",
    [
        {"statut": "205", "fournisseur": "732829320"},
        {"statut": "205", "fournisseur": "0"},
        {"statut": "205", "date": date(2019, 11, 20)},
        {"statut": "205", "facture": "FA-AUTRE"},
        {"statut": "220"},
    ],
    ids=["another seller", "no seller", "another year", "another number", "not its own to give"],
)
def test_what_cannot_be_applied_is_refused_and_answered(told: dict[str, object], tmp_path: Path) -> None:
    espace = live(tmp_path, "cdar")
    answer(espace, **told)
    (report,) = [d for nom, d in answers(espace, "DST001").items() if nom.startswith("CSO0614A")]

    assert b"EDI-STATUT-0" in report
    assert b"<IdStatut>93" in report
    assert shown(espace) is F.MISE_A_DISPOSITION
    assert codes(espace) == ["200", "203"]


@pytest.mark.parametrize(
    ("fichier", "statut"), [("FEN0036A_CPP001_CPP0010036025150010000001.xml", "90"), ("FEN0036A_X.xml", "93")]
)
def test_a_message_about_what_was_handed_over_is_kept_with_it(
    fichier: str, statut: str, tmp_path: Path
) -> None:
    espace = live(tmp_path, "cdar")
    answer(espace, fichier=fichier, motifs=[("IRR_SYNTAX", "Illisible.")])
    with espace.engine.begin() as conn:
        (flux,) = [f for f in flux_store.search(conn)[1] if f.nature == "statuts"]
    (pivot,) = [e for e in booked(espace, "DST001") if e.interface == "FEN0036A"]
    known = statut == "90"

    assert (flux.statut.id_statut, pivot.accuse) == (statut, "93" if known else "")
    assert any(nom.startswith("CSO") for nom in answers(espace, "DST001")) != known
    assert shown(espace) is F.MISE_A_DISPOSITION


def test_a_message_that_cannot_be_judged_waits_and_is_never_refused(tmp_path: Path) -> None:
    class Broken(InProcess):
        def submit(self, function: object, /, *args: object, weight: int = 0) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_exception(EngineFailed("le processus de contrôle s'est arrêté"))
            return future

    espace = live(tmp_path, "cpp")
    data = write_message(espace, {"facture": NUMERO, "statut": "205"})
    (espace.spool.inbox("DST001") / "FFE0614A_DST001_DST0010000000000000000001.xml").write_bytes(data)
    app = App(espace)
    app.pipeline = replace(app.pipeline, engine=Broken())
    app.run_once()

    assert shown(espace) is F.MISE_A_DISPOSITION
    assert [entry.nom[:8] for entry in espace.spool.entries("hold")] == ["FFE0614A"]


# -- the copy for the PPF -----------------------------------------------------------------------------------

PPF = {"plateforme": 'matricule = "0042"', "ppf": 'code = "PPF000"'}


def test_the_ppf_gets_what_is_obligatory_and_nothing_after_a_refusal(tmp_path: Path) -> None:
    espace = live(tmp_path, "cpp", **PPF)
    for rang, statut in enumerate(("06", "05", "11", "05"), 1):
        say(espace, statut, rang, motif="Non commandée.", le=f"2026-11-2{rang}T10:00:00+01:00")
    out = answers(espace, "PPF000")

    assert codes(espace) == []
    assert codes(espace, "PPF000") == ["200", "210"]
    assert [read.id for d in out.values() if (read := read_cdar(d).cdv)] == [nom[:-4] for nom in out]
    assert all(judge_cdar(data, PACK, emission=True).findings == () for data in out.values())
    assert audit(espace.engine, espace.spool, real_now()).ecarts == ()


def test_what_the_ppf_would_refuse_is_not_booked_for_it() -> None:
    reforme = make_reforme(matricule="0042", ppf="PPF000")
    named, unnamed = FACTURE, replace(FACTURE, numero="F2026é42")
    planned = cdv.plan_facture(named, 1, F.DEPOSEE, AT, reforme)
    assert planned is not None

    assert cdv.plan_facture(unnamed, 1, F.DEPOSEE, AT, reforme) == planned
    assert cdv.explain_no_copy(planned, named, (), AT, reforme) == ""
    assert "EDI-CDV-19" in cdv.explain_no_copy(planned, unnamed, (), AT, reforme)


def test_the_ppf_gets_each_statut_of_an_invoice_once(tmp_path: Path) -> None:
    espace = live(tmp_path, "cdar", **PPF)
    with espace.engine.begin() as conn:
        annonce = App(espace).pipeline.booking.announce(conn, 1, espace.now())
        facture = factures.get(conn, 1)
        again = annonce.tell("AAA123", facture, 1, F.DEPOSEE)  # as when it is recycled
        refused = annonce.tell("AAA123", facture, 1, F.REJETEE, fait=Fait(AT, "DEST_ERR"))

    assert (len(again.messages), len(refused.messages)) == (1, 2)


def test_a_deposant_is_not_told_of_the_copies_for_the_ppf(tmp_path: Path) -> None:
    espace = live(tmp_path, "cdar", **PPF)
    reponses = {one["nom"] for one in read_suivi(espace)["reponses"]}

    assert reponses == set(answers(espace))
    assert len(answers(espace, "PPF000")) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[ppf]\ncode = "PPF000"', "plateforme.matricule"),
        ('[ppf]\ncode = "AAA123"\n[plateforme]\nmatricule = "0042"', "déclaré deux fois"),
        ('[plateforme]\nmatricule = "42"', "plateforme.matricule"),
        (
            '[plateforme]\nmatricule = "0042"\n[ppf]\ncode = "PPF000"\n[[serveur]]\nnom = "p"\nhote = "h"\n'
            'utilisateur = "u"\ncle = "k"\n[[serveur.dossier]]\ndeposant = "PPF000"\nentree = "/x"',
            "PPF000 est le PPF",
        ),
        ('[cycle_de_vie.codes]\n"07" = "299"', "cycle_de_vie.codes.07"),
    ],
)
def test_a_configuration_of_the_reform_that_does_not_hold_is_refused(
    text: str, said: str, tmp_path: Path
) -> None:
    make_espace(tmp_path)
    with (tmp_path / "config" / "edi.toml").open("a", encoding="utf-8") as config:
        config.write(f"\n{text}\n")
    with pytest.raises(SettingsRefused) as refused:
        open_espace(tmp_path)

    assert said in str(refused.value)


# -- many at once -------------------------------------------------------------------------------------------


def count_acts(espace: Espace) -> Counter[str]:
    seen: Counter[str] = Counter()

    def note(act: str, subject: object) -> None:
        seen[act] += 1

    with acts.observed(note):
        App(espace).pipeline.sortie.emit()
    return seen


def prepare(root: Path, nombre: int) -> Espace:
    """A lot of that many invoices, decided; nothing has left."""
    make_espace(root)
    config = root / "config" / "edi.toml"
    text = config.read_text(encoding="utf-8").replace('"AAA123"', '"AAA123"\nformat_retour = "cdar"', 1)
    config.write_text(text, encoding="utf-8")
    espace = open_espace(root)
    deposit(espace, LotSpec(nombre=nombre))
    app = App(espace)
    app.pipeline = replace(app.pipeline, emitter=app.pipeline.emitter._replace(controle=_nothing_may_leave))
    app.run_once()
    return espace


def _nothing_may_leave(waiting: Sequence[bytes]) -> list[str]:
    return ["not now"] * len(waiting)


def test_what_a_pass_costs_does_not_grow_with_each_message(tmp_path: Path) -> None:
    few, many = (count_acts(prepare(tmp_path / str(n), n)) for n in (5, 30))

    assert many["rename"] - few["rename"] == 50  # two messages an invoice
    assert many["commit"] == few["commit"]
    assert many["fsync"] + many["syncfs"] <= few["fsync"] + few["syncfs"]
    assert many["fsync-folder"] == few["fsync-folder"]


def test_a_message_that_ends_its_worker_keeps_none_of_its_batch(tmp_path: Path) -> None:
    class Fragile(InProcess):
        def submit(self, function: Any, /, *args: Any, weight: int = 0) -> Future[Any]:
            if b"deadly" in b"".join(args[0]):
                future: Future[Any] = Future()
                future.set_exception(EngineFailed("le processus de contrôle s'est arrêté"))
                return future
            return super().submit(function, *args, weight=weight)

    espace = make_espace(tmp_path)
    control = make_controle(espace.settings, Fragile(), espace.regles.read, espace.now)
    assert control is not None
    planned = cdv.plan_facture(FACTURE, 1, F.DEPOSEE, AT, REFORME)
    assert planned is not None
    good = write_cdar(cdv._build_facture(planned, FACTURE, (), AT, AT, AT, REFORME))
    first, second, third = control([good, b"<deadly/>", good])

    assert (first, third) == ("", "")
    assert second.startswith("not judged")


@pytest.mark.parametrize(
    ("weights", "expected"),
    [([1] * 5, [5]), ([HEAVY, 1, 1], [1, 2]), ([HEAVY // 2] * 5, [2, 2, 1]), ([], [])],
)
def test_a_batch_holds_no_more_than_memory_should(weights: list[int], expected: list[int]) -> None:
    claimed = [Emission(n, 1, "AAA123", "FFE0614A", n, f"{n}.xml", AT) for n in range(len(weights))]
    made = ((bytes(weight), "") for weight in weights)

    assert [len(batch) for batch in _batches(claimed, made)] == expected


def test_one_message_that_must_not_leave_keeps_none_of_its_batch(tmp_path: Path) -> None:
    def refuse_one(waiting: Sequence[bytes]) -> list[str]:
        return ["no" if b"-0003_200_" in one else "" for one in waiting]

    espace = prepare(tmp_path, 5)
    app = App(espace)
    app.pipeline = replace(app.pipeline, emitter=app.pipeline.emitter._replace(controle=refuse_one))
    app.pipeline.sortie.emit()
    with espace.engine.begin() as conn:
        waiting = emissions.pending(conn)

    assert len(waiting) == 1
    assert len([nom for nom in answers(espace) if nom[:3] in ("FFE", "CFE")]) == 10


def test_a_file_that_cannot_be_written_keeps_none_of_its_batch(tmp_path: Path) -> None:
    espace = prepare(tmp_path, 5)
    with espace.engine.begin() as conn:
        victim = emissions.pending(conn)[3].nom
    (espace.spool.outbox("AAA123") / victim).mkdir()  # nothing can be renamed over it
    App(espace).pipeline.sortie.emit()
    with espace.engine.begin() as conn:
        waiting = [e.nom for e in emissions.pending(conn)]

    assert waiting == [victim]
