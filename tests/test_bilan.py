"""The figures of a run: balanced whatever happens to its flux, folded by cause, and what they ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.bilan import chiffres
from edi.bilan.appels import is_unusual
from edi.bilan.calcul import Deposant, Matiere, make_bilan
from edi.bilan.chiffres import (
    Alarme,
    Bilan,
    Compte,
    Doute,
    Duree,
    Entete,
    Ligne,
    Ouvert,
    Point,
    Reprises,
    Somme,
)
from edi.bilan.consignes import find_consignes, headline
from edi.bilan.mots import de, duree, liste, montant, pourcent
from edi.bilan.ordres import Qui
from edi.bilan.phrases import balance
from edi.bilan.texte import WIDTH, write_text
from edi.model import Etape, Finding, Flux, FluxStatut, Genre, Issue, Severity
from edi.store.bilans import Constat, Decidees, FluxVu, Rejetee

PARIS = ZoneInfo("Europe/Paris")
AT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
ENTETE = Entete(
    "nuit",
    date(2026, 11, 20),
    Genre.PREVU,
    AT,
    AT + timedelta(minutes=12),
    Issue.REUSSI,
    plateforme="Navette",
)
DEPOSANTS = {"AAA123": Deposant("MENUISERIE KERVADEC", "111"), "BBB456": Deposant("ARMOR", "222")}


# -- the balance, night after night -----------------------------------------------------------------------


@dataclass(frozen=True)
class Histoire:
    """One delivery: when it came and when it was decided (nights), and what became of each invoice.

    An invoice is (night of its own decision, accepted); a file that holds none is decided with the flux.
    """

    appli: str
    recue: int
    decidee: int
    factures: tuple[tuple[int, bool], ...]
    illisibles: int

    def flux(self, number: int, night: int) -> Flux:
        """As the database has it after a night."""
        over = night >= self.decidee
        return Flux(
            number,
            f"{number}",
            self.appli,
            f"{number}.xml",
            "FSO1100A",
            f"{number}",
            "",
            0,
            AT,
            FluxStatut.INTEGRE_PARTIEL if over else FluxStatut.EN_ATTENTE,
            acceptees=sum(good for _, good in self.factures) if over else 0,
            rejetees=sum(not good for _, good in self.factures) + self.illisibles if over else 0,
            recues=len(self.factures) + self.illisibles,
        )


@st.composite
def histoires(draw: st.DrawFn) -> Histoire:
    recue = draw(st.integers(0, 4))
    decidee = draw(st.integers(recue, 7))  # beyond the fifth night: never seen
    factures = draw(st.lists(st.tuples(st.integers(recue, decidee), st.booleans()), max_size=5))
    appli = draw(st.sampled_from(sorted(DEPOSANTS)))
    return Histoire(appli, recue, decidee, tuple(sorted(factures)), draw(st.integers(0, 2)))


def tell(some: list[Histoire], night: int, before: dict[int, int]) -> tuple[Bilan, dict[int, int]]:
    """The figures of a night, and of each flux under way its last decided invoice, for the next one."""
    vus, decidees, rejetees, left = [], [], [], {}
    for number, one in enumerate(some, 1):
        if one.recue != night and number not in before:
            continue
        flux = one.flux(number, night)
        cursor = before.get(number, 0)
        vus.append(FluxVu(flux, number in before, cursor))
        ids = {
            number * 100 + rank: good for rank, (when, good) in enumerate(one.factures, 1) if when <= night
        }
        for known in (True, False):
            for refused in (True, False):
                many = sum((key <= cursor) is known and good is not refused for key, good in ids.items())
                if many:
                    decidees.append(Decidees(number, f"S{number % 3}", "", refused, known, many))
        rejetees += [
            Rejetee(key, number, "f.xml", f"F{key}", "380", f"S{number % 3}", "", "EUR", Decimal("1.50"))
            for key, good in ids.items()
            if key > cursor and not good
        ]
        if flux.statut.en_cours:
            left[number] = max(ids, default=0)
    return make_bilan(ENTETE, Matiere(vus, decidees, (), rejetees, (), DEPOSANTS)), left


@given(st.lists(histoires(), max_size=6))
def test_every_report_is_balanced_and_together_they_count_everything_once(some: list[Histoire]) -> None:
    before: dict[int, int] = {}
    nights = []
    for night in range(5):
        bilan, before = tell(some, night, before)
        nights.append(bilan)
    comptes = [bilan.compte for bilan in nights]
    decided = [one for one in some if one.decidee < 5]
    seen = [good for one in some for when, good in one.factures if when < 5]

    assert [ligne.compte.ecart for bilan in nights for ligne in bilan.lignes if ligne.compte.ecart] == []
    assert comptes[0].reportees == 0
    assert [one.en_attente for one in comptes[:-1]] == [one.reportees for one in comptes[1:]]
    assert sum(one.recues for one in comptes) == sum(len(one.factures) + one.illisibles for one in some)
    assert sum(one.acceptees for one in comptes) == seen.count(True)
    assert sum(one.rejetees for one in comptes) == seen.count(False) + sum(o.illisibles for o in decided)
    blocked = sum(somme.montant for bilan in nights for somme in bilan.bloque)
    assert blocked == Decimal("1.50") * seen.count(False)


def test_a_count_that_does_not_agree_is_said_first_and_to_the_operator() -> None:
    flux = replace(Histoire("AAA123", 0, 0, ((0, True),), 0).flux(1, 0), recues=3)
    bilan = make_bilan(ENTETE, Matiere([FluxVu(flux)], [Decidees(1, "111", "X", False, False, 1)]))
    (first, *_) = find_consignes(bilan, PARIS)

    assert bilan.compte.ecart == 2
    assert first.qui is Qui.EXPLOITANT
    assert first.phrase.startswith("2 factures ne se retrouvent")
    assert "≠" in balance(bilan.compte)


def test_a_reminder_brings_no_invoice_and_a_flux_that_nobody_has_opened_none_yet() -> None:
    reminder = replace(Histoire("AAA123", 0, 0, ((0, True),), 0).flux(1, 0), rappel_de=9)
    unopened = replace(Histoire("AAA123", 0, 3, (), 0).flux(2, 0), recues=None)
    bilan = make_bilan(ENTETE, Matiere([FluxVu(reminder), FluxVu(unopened)], deposants=DEPOSANTS))

    assert bilan.compte == Compte()
    assert (bilan.flux, bilan.rappels, bilan.non_comptes) == (2, 1, 1)
    assert "1 flux pas encore ouvert" in write_text(bilan, PARIS)


def test_what_nobody_could_read_stands_in_the_line_of_its_deposant() -> None:
    flux = Histoire("BBB456", 0, 0, ((0, True), (0, True)), 1).flux(1, 0)
    found = Finding("EDI-XML-03", Severity.FATAL, "coupé", motif="IRR_SYNTAX")
    matiere = Matiere(
        [FluxVu(flux)],
        [Decidees(1, "111", "MENUISERIE KERVADEC", False, False, 2)],
        constats=[Constat(1, None, "f2.xml", found)],
        deposants=DEPOSANTS,
    )
    bilan = make_bilan(ENTETE, matiere)

    assert [(one.nom, one.compte.acceptees, one.compte.rejetees, one.causes) for one in bilan.lignes] == [
        ("ARMOR", 0, 1, ("EDI-XML-03",)),
        ("MENUISERIE KERVADEC", 2, 0, ()),
    ]
    assert [(one.factures, one.fichiers, one.exemple.fichier) for one in bilan.causes] == [(0, 1, "f2.xml")]


def test_invoices_brought_back_count_with_the_delivery_that_brings_them() -> None:
    flux = Histoire("AAA123", 0, 0, ((0, True),), 0).flux(1, 0)
    matiere = Matiere([FluxVu(flux)], [], [Decidees(1, "111", "MENUISERIE KERVADEC", False, False, 1)])
    (ligne,) = make_bilan(ENTETE, matiere).lignes

    assert ligne.compte == Compte(recues=1, acceptees=1)


# -- causes and money -------------------------------------------------------------------------------------


def rejected(number: int, fournisseur: str = "111", type_: str = "380", devise: str = "EUR") -> Rejetee:
    return Rejetee(
        number, 1, f"f{number}.xml", f"F-{number}", type_, fournisseur, "NOM", devise, Decimal("10.10")
    )


def test_causes_are_folded_by_code_and_motif_and_count_each_invoice_once() -> None:
    def found(code: str, number: int, place: str = "") -> Constat:
        return Constat(
            1, number, f"f{number}.xml", Finding(code, Severity.ERROR, f"{code} ici", place, motif="M")
        )

    flux = Histoire("AAA123", 0, 0, ((0, False),) * 3, 0).flux(1, 0)
    matiere = Matiere(
        [FluxVu(flux)],
        [Decidees(1, "111", "NOM", True, False, 2), Decidees(1, "333", "NOM", True, False, 1)],
        rejetees=[rejected(1), rejected(2), rejected(3, "333")],
        constats=[found("A", 1), found("A", 1, "/ailleurs"), found("A", 3), found("B", 2)],
        deposants=DEPOSANTS,
    )
    bilan = make_bilan(ENTETE, matiere)

    assert [(one.code, one.factures, one.fournisseurs, one.bloque) for one in bilan.causes] == [
        ("A", 2, 2, (Somme("EUR", Decimal("20.20")),)),
        ("B", 1, 1, (Somme("EUR", Decimal("10.10")),)),
    ]
    assert (bilan.causes[0].exemple.numero, bilan.causes[0].exemple.fichier) == ("F-1", "f1.xml")


def test_blocked_amounts_are_added_by_currency_and_an_avoir_blocks_nothing() -> None:
    flux = Histoire("AAA123", 0, 0, ((0, False),) * 3, 0).flux(1, 0)
    some = [rejected(1), rejected(2, devise="USD"), rejected(3, type_="381")]
    matiere = Matiere([FluxVu(flux)], [Decidees(1, "111", "NOM", True, False, 3)], rejetees=some)

    assert make_bilan(ENTETE, matiere).bloque == (
        Somme("EUR", Decimal("10.10")),
        Somme("USD", Decimal("10.10")),
    )


# -- usual and unusual ------------------------------------------------------------------------------------


def ligne(recues: int, rejetees: int, habituel: float | None = None, **more: object) -> Ligne:
    compte = Compte(recues=recues, acceptees=recues - rejetees, rejetees=rejetees)
    return Ligne("AAA123", "111", "MENUISERIE KERVADEC", compte, habituel=habituel, **more)  # type: ignore[arg-type]


def test_what_is_usual_is_the_median_of_the_runs_in_which_a_fournisseur_was_decided() -> None:
    flux = Histoire("AAA123", 0, 0, ((0, True),), 0).flux(1, 0)
    matiere = Matiere([FluxVu(flux)], [Decidees(1, "111", "X", False, False, 1)])
    before = [Bilan(ENTETE, (ligne(10, n),)) for n in (0, 1, 5)] + [Bilan(ENTETE, (ligne(0, 0),))]
    (known,) = make_bilan(ENTETE, matiere, before).lignes
    (young,) = make_bilan(ENTETE, matiere, before[:2]).lignes

    assert (known.habituel, known.passages) == (0.9, 3)
    assert young.habituel is None


@pytest.mark.parametrize(
    ("one", "unusual"),
    [
        (ligne(10, 3, 0.95), True),
        (ligne(10, 3, 0.75), False),  # as usual
        (ligne(100, 2, 1.0), False),
        (ligne(2, 2, 1.0), False),  # too few
        (ligne(3, 3), True),  # nothing passes
        (ligne(9, 5), False),  # nothing is known of it
        (ligne(0, 0, irrecevables=1), True),
    ],
)
def test_a_fournisseur_is_called_when_it_does_worse_than_it_uses_to(one: Ligne, unusual: bool) -> None:
    assert is_unusual(one) is unusual


# -- what is to be done -----------------------------------------------------------------------------------

HELD = Ouvert(
    ("ARMOR",),
    "EN_ATTENTE",
    2,
    12,
    AT,
    "aucun annuaire n'a été importé",
    "la plateforme",
    "edi flux list --en-attente",
    essai=AT + timedelta(minutes=5),
    jusqu=AT + timedelta(days=1),
)


def todo(bilan: Bilan) -> list[tuple[Qui, str]]:
    return [(one.qui, one.phrase) for one in find_consignes(bilan, PARIS)]


def test_an_empty_night_asks_for_nothing() -> None:
    bilan = Bilan(ENTETE)

    assert find_consignes(bilan, PARIS) == ()
    assert headline(bilan, ()) == "Rien à faire : rien n'a été déposé"
    assert "0 facture reçue = 0 acceptée + 0 rejetée + 0 en attente." in write_text(bilan, PARIS)


def test_a_calm_night_asks_for_nothing() -> None:
    bilan = Bilan(ENTETE, (ligne(12, 0, 1.0),), flux=1)

    assert headline(bilan, find_consignes(bilan, PARIS)) == "Rien à faire : tout a été accepté"


def test_what_only_waits_or_is_as_usual_asks_for_nothing_and_says_until_when() -> None:
    bilan = Bilan(ENTETE, (ligne(20, 1, 0.95),), flux=1, ouverts=(HELD,))
    told = find_consignes(bilan, PARIS)

    assert {one.qui for one in told} == {Qui.PERSONNE}
    assert headline(bilan, told) == "Rien à faire de votre côté"
    assert told[0].phrase == "12 factures (2 flux) d'ARMOR attendent."
    assert told[0].details == (
        "Aucun annuaire n'a été importé. Nouvel essai le 20/11 à 22:05. À regarder si rien n'a changé le "
        "21/11 à 22:00.",
    )


def test_what_the_operator_must_do_comes_before_whom_to_call() -> None:
    stuck = replace(HELD, abandonne=True, combien=1, factures=0, essai=None)
    late = replace(HELD, jusqu=AT - timedelta(hours=1))
    incomplete = Ouvert(
        ("ARMOR",), "RECEPTION", 1, 0, AT, "témoin attendu", "le déposant", "edi flux list", jusqu=AT
    )
    failed = Duree(Etape.EMISSION, 3.0, Issue.ECHOUE, ("OSError : disque plein",))
    doubt = Doute("BR-02", "EN16931 1.3", 24, 3, 0.24, 0.01, False, 2)
    alarm = Alarme(7, "canal-arrete", True, "l'exploitant", "Le serveur ne répond plus.", "Vérifiez.", AT)
    known = alarm._replace(regle="indecises")
    bilan = Bilan(
        ENTETE,
        (ligne(10, 10, 1.0), replace(ligne(10, 10, 1.0), causes=("BR-02",))),
        flux=2,
        etapes=(failed,),
        ouverts=(stuck, late, incomplete, replace(HELD, regle="BR-02")),
        doutes=(doubt,),
        alarmes=(alarm, known),
    )
    told = todo(bilan)

    assert [qui.name for qui, _ in told] == [
        "EXPLOITANT",  # the step
        "EXPLOITANT",  # the flux that is not tried any more
        "EXPLOITANT",  # the rule
        "EXPLOITANT",  # the alert
        "FOURNISSEURS",
        "FOURNISSEURS",  # the incomplete deposit
        "EXPLOITANT",  # what waits for too long
    ]
    assert told[0][1] == "L'étape « émission » n'a pas été faite."
    assert told[1][1] == "1 flux d'ARMOR attend et rien ne se fera plus sans vous."
    assert told[2][1] == "La règle BR-02 est mise en doute : 12 factures attendent votre avis (ARMOR)."
    assert told[4][1] == "1 fournisseur : 10 factures rejetées."  # not the one that a doubted rule strikes
    assert headline(bilan, find_consignes(bilan, PARIS)) == "7 choses à faire"


# -- words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            montant((Somme("EUR", Decimal("1234567.5")), Somme("USD", Decimal("2")))),
            "1 234 567,50 € + 2,00 USD",
        ),
        (montant(()), ""),
        (pourcent(0.996), "99 %"),
        (pourcent(1.0), "100 %"),
        (pourcent(None), "—"),
        (duree(0.2), "< 1 s"),
        (duree(200), "3 min 20 s"),
        (duree(3900), "1 h 05 min"),
        (liste(("A", "B", "C", "D")), "A, B, C et D"),
        (liste(("A", "B", "C", "D", "E")), "A, B, C et 2 autres"),
        (de(("ÉNERGIE",)), "d'ÉNERGIE"),
        (de(("MENUISERIE", "ARMOR")), "de MENUISERIE et ARMOR"),
    ],
)
def test_words_are_those_of_french_accountants(told: str, expected: str) -> None:
    assert told.replace("\N{NO-BREAK SPACE}", " ") == expected


def test_the_text_never_goes_beyond_its_width() -> None:
    long = replace(ligne(12345, 345, 0.99), nom="SOCIÉTÉ D'AMÉNAGEMENT ET DE CONSTRUCTION DU FINISTÈRE NORD",
                   bloque=(Somme("EUR", Decimal("12345678.90")),))  # fmt: skip
    points = tuple(Point(date(2026, 11, 1), Compte(0, n, n, 0, 0)) for n in range(30))
    bilan = Bilan(ENTETE, (long,), flux=3, ouverts=(HELD,), historique=points, reprises=Reprises(2, 1, 1, 1))

    assert [line for line in write_text(bilan, PARIS).splitlines() if len(line) > WIDTH] == []


def test_figures_are_read_again_as_they_were_written() -> None:
    bilan = Bilan(ENTETE, (ligne(3, 3, 0.5, bloque=(Somme("EUR", Decimal("1.10")),)),), ouverts=(HELD,))

    assert chiffres.read(chiffres.write(bilan)) == bilan
    assert chiffres.write(chiffres.read(chiffres.write(bilan))) == chiffres.write(bilan)
