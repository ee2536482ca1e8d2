"""Judging again what was rejected at deposit: shown first, and accepted only when it is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from lxml import etree
from sqlalchemy import select, update
from workspace import Typed, answers, assert_valid_return_flow, deposit, make_espace, type_edi

from edi import wiring
from edi.annuaire.imports import import_csv
from edi.annuaire.mandats import sign
from edi.app import App
from edi.assemblage import make_rejeu
from edi.audit import audit
from edi.espace import Espace
from edi.inbound.reste import is_companion
from edi.lifecycle.advance import Change, IllegalTransition, advance_factures
from edi.lifecycle.claims import reserve
from edi.model import CleFacture, FactureStatut, Saisie, Service
from edi.rejeu.jugement import Rejugee
from edi.samples import LotSpec, make_lot, services_csv
from edi.samples.world import AVEC_SERVICE, MANDAT_EN_COURS, SERVICES
from edi.spool import Spool
from edi.store import factures, rejets, rejeux, vies
from edi.store import flux as flux_store
from edi.store.mandats import list_mandats
from edi.store.tables import cle_reservee, emission, facture_statut, flux_statut, journal

UNKNOWN = LotSpec("ubl", 3, fautes={1: "service-inconnu", 2: "ttc-faux"})
UNSIGNED = LotSpec("ubl", 1, fautes=("mandat-en-cours",), numero_flux=2, prefixe="FB")
F = FactureStatut

Edi = Callable[..., Typed]


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "espace")


@pytest.fixture
def edi(espace: Espace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Edi:
    monkeypatch.chdir(espace.root)
    return lambda *arguments: type_edi(capsys, *arguments)


def receive(espace: Espace, *specs: LotSpec) -> None:
    for spec in specs:
        deposit(espace, spec)
        App(espace).run_once()


def as_all_or_nothing(espace: Espace) -> Espace:
    return with_deposants(espace, politique="tout_ou_rien")


def with_deposants(espace: Espace, **values: object) -> Espace:
    deposants = tuple(d.model_copy(update=values) for d in espace.settings.deposant)
    return replace(espace, settings=espace.settings.model_copy(update={"deposant": deposants}))


def receive_again(espace: Espace, spec: LotSpec) -> None:
    """The same invoices under another flux id."""
    nom = make_lot(spec).nom
    deposit(espace, spec, nom.replace("2.tar.gz", "9.tar.gz"))
    App(espace).run_once()


def write_services(espace: Espace) -> Path:
    """The services, with the one that the samples name and the annuaire does not hold."""
    found = Service(AVEC_SERVICE.identifiant.valeur, "SERVICE_INCONNU", "Service ouvert depuis")
    path = espace.root / "services.csv"
    path.write_bytes(services_csv((*SERVICES, found)))
    return path


def open_service(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        import_csv(conn, write_services(espace), espace.now())


def sign_all(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        for mandat in list_mandats(conn, MANDAT_EN_COURS.identifiant):
            sign(conn, mandat.id, espace.today(), Saisie(espace.now(), "nolwenn"), "Gaël Tanguy")


def replay(espace: Espace, *, valider: bool = False, **choix: str) -> list[Rejugee]:
    with espace.engine.begin() as conn:
        wanted = rejets.chosen(conn, rejets.Choix(**choix), espace.settings.fuseau)  # type: ignore[arg-type]
    rejeu = make_rejeu(espace, wiring.make_engine(espace.settings), "")
    return list(rejeu.replay(wanted, valider=valider))


def changes(judged: list[Rejugee]) -> list[tuple[str, list[str], list[str]]]:
    """What became of each: (change, codes before, codes after)."""
    return [(one.change, [f.code for f in one.avant], [f.code for f in one.apres]) for one in judged]


def stored(espace: Espace, flux_id: int = 1) -> tuple[str, int, int, list[str]]:
    """Statut and counts of a flux, statuts of its invoices."""
    with espace.engine.begin() as conn:
        flux = flux_store.get(conn, flux_id)
        known = factures.of_flux(conn, flux_id)
    statuts = [facture.statut.name if facture.statut else "" for facture in known]
    return flux.statut.name, flux.acceptees, flux.rejetees, statuts


REJECTED = ("INTEGRE_PARTIEL", 1, 2, ["MISE_A_DISPOSITION", "NON_CONFORME", "NON_CONFORME"])

# -- what would pass --------------------------------------------------------------------------------------


def test_nothing_passes_while_nothing_has_changed(espace: Espace) -> None:
    receive(espace, UNKNOWN)

    assert changes(replay(espace)) == [
        ("rejetee", ["EDI-SERVICE-02"], ["EDI-SERVICE-02"]),
        ("rejetee", ["EDI-MONTANT-01"], ["EDI-MONTANT-01"]),
    ]


def test_without_validation_nothing_is_changed(espace: Espace) -> None:
    receive(espace, UNKNOWN)
    open_service(espace)
    before = stored(espace), answers(espace)
    judged = changes(replay(espace))

    assert judged[0] == ("acceptee", ["EDI-SERVICE-02"], [])
    assert (stored(espace), answers(espace)) == before
    assert before[0] == REJECTED
    assert changes(replay(espace)) == judged


@pytest.mark.parametrize(
    ("choix", "found"),
    [
        ({}, 3),
        ({"appli": "AAA123"}, 3),
        ({"appli": "BBB456"}, 0),
        ({"code": "EDI-SERVICE-02"}, 1),
        ({"code": "EDI-MANDAT-02"}, 1),
        ({"code": "EDI-MANDAT-03"}, 0),
    ],
)
def test_the_invoices_to_judge_again_can_be_chosen(espace: Espace, choix: dict[str, str], found: int) -> None:
    receive(espace, UNKNOWN, UNSIGNED)

    assert len(replay(espace, **choix)) == found


@pytest.mark.parametrize(("days", "found"), [(-1, 2), (0, 2), (1, 0)])
def test_the_day_of_the_deposit_bounds_them(edi: Edi, espace: Espace, days: int, found: int) -> None:
    receive(espace, UNKNOWN)
    day = espace.today().fromordinal(espace.today().toordinal() + days)
    told = edi("rejoue", "--depuis", day.isoformat(), "--json").json

    assert sum(one["rejetee"] for one in told["fournisseurs"]) == found


def test_bytes_that_are_gone_are_told_and_not_guessed(espace: Espace) -> None:
    receive(espace, UNKNOWN)
    with espace.engine.begin() as conn:
        espace.spool.blob(flux_store.get(conn, 1).sha256).unlink()

    assert {one.raison for one in replay(espace)} == {"les octets du dépôt manquent au stock"}


# -- what is accepted -------------------------------------------------------------------------------------


def test_what_passes_is_accepted_told_and_balanced(espace: Espace) -> None:
    receive(espace, UNKNOWN)
    before = answers(espace)
    open_service(espace)
    judged = replay(espace, valider=True)
    App(espace).run_once()
    ((nom, data),) = [pair for pair in answers(espace).items() if pair[0] not in before]
    told = etree.fromstring(data)
    with espace.engine.begin() as conn:
        history = [(p.statut.name, p.dit_par) for p in vies.history(conn, judged[0].facture.id)]
        moved = conn.execute(select(flux_statut.c.apres).order_by(flux_statut.c.id)).scalars().all()
        motifs = set(
            conn.execute(select(facture_statut.c.motif).where(facture_statut.c.motif != "")).scalars()
        )
        left = conn.execute(select(cle_reservee)).all()

    assert stored(espace) == (
        "INTEGRE_PARTIEL",
        2,
        1,
        ["MISE_A_DISPOSITION", "MISE_A_DISPOSITION", "NON_CONFORME"],
    )
    assert nom.startswith("FEN1200A")
    assert_valid_return_flow(data)
    assert [e.text for e in told.iter("{*}IdFacture")] == [judged[0].facture.numero] * 2
    assert "EDI-SERVICE-02" in etree.tostring(told, encoding="unicode")
    assert [s for s, _ in history] == ["NON_CONFORME", "DEPOSEE", "MISE_A_DISPOSITION"]
    assert [n for _, n in history][1:] == [(nom,), (nom,)]
    assert (motifs, left, moved[-1]) == ({"REJEU"}, [], "INTEGRE_PARTIEL")
    assert audit(espace.engine, espace.spool, espace.now()).ecarts == ()
    assert [change for change, *_ in changes(replay(espace, valider=True))] == ["rejetee"]


def test_a_flux_of_which_everything_passes_is_accepted_and_its_reminder_says_so(espace: Espace) -> None:
    receive(espace, UNSIGNED)
    before = stored(espace)
    sign_all(espace)
    replay(espace, valider=True)
    known = set(answers(espace))
    receive(espace, UNSIGNED)
    reminder = [data for nom, data in answers(espace).items() if nom not in known and nom[:3] == "CSO"]
    words = etree.tostring(etree.fromstring(reminder[0]), encoding="unicode")

    assert before == ("REJETE", 0, 1, ["NON_CONFORME"])
    assert stored(espace) == ("INTEGRE", 1, 0, ["MISE_A_DISPOSITION"])
    assert stored(espace, 2)[0] == "RAPPEL"
    assert "Rappel" in words
    assert "EDI-MANDAT-02" not in words
    assert_valid_return_flow(reminder[0])
    assert audit(espace.engine, espace.spool, espace.now()).ecarts == ()


def test_an_invoice_that_was_deposited_anew_meanwhile_stays_rejected(espace: Espace) -> None:
    receive(espace, UNSIGNED)
    sign_all(espace)
    receive_again(espace, UNSIGNED)

    assert changes(replay(espace, valider=True)) == [("rejetee", ["EDI-MANDAT-02"], ["EDI-DOUBLON-01"])]


@pytest.mark.parametrize("valider", [False, True])
def test_of_one_invoice_rejected_twice_only_the_first_passes(espace: Espace, valider: bool) -> None:
    receive(espace, UNSIGNED)
    receive_again(espace, UNSIGNED)
    sign_all(espace)
    judged = replay(espace, valider=valider)

    assert [(one.facture.flux_id, one.change) for one in judged] == [(1, "acceptee"), (2, "rejetee")]


@pytest.mark.parametrize(
    ("fautes", "expected"),
    [
        ({1: "service-inconnu"}, ["acceptee"] * 3),
        ({1: "service-inconnu", 2: "ttc-faux"}, ["rejetee"] * 3),
    ],
)
def test_a_lot_of_all_or_nothing_passes_as_a_whole(
    espace: Espace, fautes: dict[int, str], expected: list[str]
) -> None:
    espace = as_all_or_nothing(espace)
    receive(espace, replace(UNKNOWN, fautes=fautes))
    open_service(espace)
    judged = replay(espace, valider=True, code="EDI-SERVICE-02")

    assert [one.change for one in judged] == expected
    assert stored(espace)[0] == ("INTEGRE" if "acceptee" in expected else "REJETE")


class Slow(Spool):
    """A spool during whose first reading something else happens."""

    def __init__(self, root: Path, meanwhile: Callable[[], object]) -> None:
        super().__init__(root)
        self.meanwhile: list[Callable[[], object]] = [meanwhile]

    def blob(self, sha256: str) -> Path:
        while self.meanwhile:
            self.meanwhile.pop()()
        return super().blob(sha256)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("EDI-MANDAT-02", [("non_jugee", "un autre rejeu l'a traitée")]),
        ("EDI-SERVICE-02", [("acceptee", "")]),
    ],
)
def test_of_two_replays_at_once_each_invoice_has_one_and_counts_agree(
    espace: Espace, code: str, expected: list[tuple[str, str]]
) -> None:
    receive(espace, LotSpec("ubl", 3, fautes={1: "service-inconnu", 2: "mandat-en-cours"}))
    open_service(espace)
    sign_all(espace)
    slow = Slow(espace.spool.root, lambda: replay(espace, valider=True, code="EDI-MANDAT-02"))
    judged = replay(replace(espace, spool=slow), valider=True, code=code)
    App(espace).run_once()

    assert [(one.change, one.raison) for one in judged] == expected
    assert stored(espace)[1:3] == ((3, 0) if code == "EDI-SERVICE-02" else (2, 1))
    assert audit(espace.engine, espace.spool, espace.now()).ecarts == ()


def test_a_policy_of_all_or_nothing_chosen_since_leaves_what_was_accepted_alone(espace: Espace) -> None:
    receive(espace, replace(UNKNOWN, fautes={1: "service-inconnu"}))
    open_service(espace)
    judged = replay(as_all_or_nothing(espace), valider=True)

    assert [one.change for one in judged] == ["acceptee"]
    assert stored(espace) == ("INTEGRE", 3, 0, ["MISE_A_DISPOSITION"] * 3)


def test_an_invoice_that_another_flux_is_being_judged_for_waits(espace: Espace) -> None:
    receive(espace, UNSIGNED, replace(UNKNOWN, numero_flux=3))
    sign_all(espace)
    with espace.engine.begin() as conn:
        (facture,) = factures.of_flux(conn, 1)
        assert facture.date is not None
        key = CleFacture(facture.fournisseur.identifiant.siren, facture.numero, facture.date.year)
        reserve(conn, 2, {key})
    judged = replay(espace, valider=True, code="EDI-MANDAT-02")

    assert [one.raison for one in judged] == ["le flux n° 2, en cours, porte une facture de même numéro"]
    assert stored(espace) == ("REJETE", 0, 1, ["NON_CONFORME"])


@pytest.mark.parametrize("interface", ["CSO1100A", "FEN1200A"])
def test_nothing_is_accepted_before_the_first_answer_has_left(espace: Espace, interface: str) -> None:
    receive(espace, UNSIGNED)
    sign_all(espace)
    with espace.engine.begin() as conn:
        late = update(emission).where(emission.c.interface == interface)
        conn.execute(late.values(emis_le=None))

    judged = replay(espace, valider=True)
    with espace.engine.begin() as conn:
        reserved = conn.execute(select(cle_reservee)).all()

    assert [one.raison for one in judged] == ["la première réponse à son flux n'est pas encore partie"]
    assert reserved == []
    assert stored(espace) == ("REJETE", 0, 1, ["NON_CONFORME"])


@pytest.mark.parametrize(
    ("before", "after", "is_replay"),
    [
        (F.NON_CONFORME, F.DEPOSEE, False),
        (F.NON_CONFORME, F.MISE_A_DISPOSITION, True),
        (F.MISE_A_DISPOSITION, F.DEPOSEE, True),
        (F.REJETEE, F.DEPOSEE, True),
    ],
)
def test_only_a_replay_takes_an_invoice_back_and_only_to_its_deposit(
    espace: Espace, before: FactureStatut, after: FactureStatut, is_replay: bool
) -> None:
    with pytest.raises(IllegalTransition), espace.engine.begin() as conn:
        advance_factures(conn, [Change(1, before, after)], espace.now(), replay=is_replay)


# -- the commands -----------------------------------------------------------------------------------------


def test_the_table_shows_before_and_after_and_how_to_go_on(edi: Edi, espace: Espace) -> None:
    receive(espace, UNKNOWN)
    open_service(espace)
    shown = edi("rejoue").out
    cells = [[cell.strip() for cell in line.split("│")[2:-1]] for line in shown.splitlines() if "│" in line]
    with espace.engine.begin() as conn:
        _, passes, stays = (facture.numero for facture in factures.of_flux(conn, 1))

    assert cells == [
        [cells[0][0], "2", f"1 ({passes})", f"1 ({stays})", "0"],
        ["EDI-MONTANT-01", "1", "1", stays],
        ["EDI-SERVICE-02", "1", "0", passes],
    ]
    assert "1 facture passerait aujourd'hui. À blanc : rien n'a été modifié" in shown
    assert "1 facture acceptée." in edi("rejoue", "--valider").out
    assert "Rejetée d'abord pour EDI-SERVICE-02" in edi("facture", "show", passes).out


def test_an_import_says_how_many_rejected_invoices_would_pass(edi: Edi, espace: Espace) -> None:
    receive(espace, UNKNOWN, replace(UNKNOWN, numero_flux=2, prefixe="FB"))
    untouched = edi("annuaire", "import", "services.csv").out
    told = edi("annuaire", "import", write_services(espace).name).out

    assert "edi rejoue" not in untouched
    assert "2 factures rejetées passeraient aujourd'hui : « edi rejoue » montre lesquelles" in told


def test_a_signature_says_how_many_rejected_invoices_would_pass(edi: Edi, espace: Espace) -> None:
    receive(espace, UNSIGNED)
    receive_again(espace, UNSIGNED)  # one invoice, rejected twice
    with espace.engine.begin() as conn:
        (mandat,) = list_mandats(conn, MANDAT_EN_COURS.identifiant, "AAA123")
    told = edi("mandat", "sign", str(mandat.id)).out

    assert "1 facture rejetée passerait aujourd'hui" in told


def test_with_nothing_rejected_there_is_nothing_to_judge_again(edi: Edi) -> None:
    assert edi("rejoue").out == "Aucune facture rejetée au dépôt ne correspond.\n"
    assert edi("rejoue", "--json").json == {"valide": False, "fournisseurs": []}


@pytest.mark.parametrize(
    ("fautes", "left"), [({1: "service-inconnu", 2: "ttc-faux"}, 1), ({1: "service-inconnu"}, 0)]
)
def test_the_reste_in_out_holds_what_is_still_to_be_mended(
    espace: Espace, fautes: dict[int, str], left: int
) -> None:
    espace = with_deposants(espace, reste=True)
    receive(espace, replace(UNKNOWN, fautes=fautes))
    before = restes(espace)
    open_service(espace)
    replay(espace, valider=True)
    App(espace).run_once()

    assert before == [len(fautes)]
    assert restes(espace) == ([left] if left else [])


def restes(espace: Espace) -> list[int]:
    """How many files each archive in ``out`` holds, without our own."""
    archives = [ZipFile(path) for path in espace.spool.outbox("AAA123").glob("RESTE_*.zip")]
    return [len([nom for nom in archive.namelist() if not is_companion(nom)]) for archive in archives]


def test_a_reason_given_with_the_command_is_recorded(espace: Espace, edi: Edi) -> None:
    receive(espace, UNKNOWN)
    open_service(espace)
    done = edi("rejoue", "--valider", "--raison", "service ouvert le 12")

    assert done.code == 0
    with espace.engine.begin() as conn:
        (run,) = rejeux.recent(conn, 5)
        told = conn.execute(select(journal.c.contenu).where(journal.c.contenu.contains('"acte":"rejeu"')))
        assert [json.loads(row.contenu)["raison"] for row in told] == ["service ouvert le 12"]
    assert (run.valider, run.raison, run.issue.value) == (True, "service ouvert le 12", "terminé")
    assert (run.total, run.acceptees, run.rejetees) == (2, 1, 1)
