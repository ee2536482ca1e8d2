"""What is worth an alert, and what becomes of it: pictures and clocks of our own, no platform at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from edi.alertes.controles import Reglages
from edi.alertes.lettre import key_of, write_contenu, write_courriel
from edi.alertes.silences import is_silent
from edi.alertes.surveillances import SURVEILLANCES, find_signs
from edi.alertes.tableau import Disque, EcartConnu, Muet, Refus, RegleDoutee, Tableau
from edi.alertes.vie import Nature, Nouvelle, acknowledge, step
from edi.model import (
    Acteur,
    Alerte,
    Bornes,
    Canal,
    Courriel,
    Gravite,
    NatureSignalement,
    Regle,
    Rythme,
    Seuils,
    Signalement,
    Signe,
)
from edi.model.confiance import EtatFeuille, FeuilleSuivie
from edi.store.comptes import EnAttente
from edi.store.disjoncteurs import FAUTIVE, Declenchement, Mesure

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
GO = 1024**3
REGLAGES = Reglages(Bornes(), Seuils(factures=5))
RULE = Regle("en16931-ubl 2", "BR-02")
MANY = Mesure(30, 40, 4, 2, 10, 1000)
ASIDE = FeuilleSuivie(
    "a" * 64,
    "c0ffee",
    "br-fr-ubl",
    EtatFeuille.ECARTE,
    AT,
    9,
    0,
    0,
    9,
    1,
    "manque : BR-FR-01 en /Invoice[1]",
    AT,
)


def ago(**span: float) -> datetime:
    return AT - timedelta(**span)


def waits(etape: str, since: datetime, **fields: object) -> EnAttente:
    return EnAttente("AAA123", etape, "", since, None, "FLUX1")._replace(**fields)


def tripped(avis: str = "") -> Declenchement:
    return Declenchement(1, RULE, MANY, ago(hours=1), avis, "soazig" if avis else "", None)


def told(nature: NatureSignalement, at: datetime) -> Signalement:
    return Signalement(1, "AAA123", date(2026, 11, 19), nature, "Dépôt attendu : rien reçu.", at, at)


EVERY_DAY = tuple(date(2026, 11, 2) + timedelta(days=n) for n in range(18) if n % 7 < 5)  # up to the 19th

WRONG = [
    ("retard", {"attentes": (waits("RECU", ago(minutes=16)),)}),
    ("retard", {"attentes": (waits("EN_COURS", ago(hours=2)),)}),
    ("retard", {"attentes": (waits("EMISSION", ago(hours=2)),)}),
    ("a-relancer", {"attentes": (waits("EN_ATTENTE", ago(minutes=1), raison="ENGINE"),)}),
    (
        "indecises",
        {"attentes": (waits("EN_ATTENTE", ago(hours=5), raison="TRANSIENT", prochain_essai=AT),)},
    ),
    ("depot-incomplet", {"attentes": (waits("RECEPTION", ago(hours=2), echeance=ago(hours=1)),)}),
    ("grappe", {"attentes": (waits("EN_ATTENTE", ago(minutes=1), raison="CLUSTER", prochain_essai=AT),)}),
    ("canal-arrete", {"canaux": (Canal("partenaire", arrete=True, incident="clé refusée"),)}),
    ("canal-en-echec", {"canaux": (Canal("partenaire", essais=2, incident="muet", reussi_le=ago(hours=1)),)}),
    ("canal-en-echec", {"canaux": (Canal("partenaire", essais=1, incident="muet"),)}),
    ("ecart", {"ecarts": (EcartConnu("tout octet reçu est au stock", "FLUX1", "absent", ago(hours=3)),)}),
    ("disque", {"disques": (Disque("/spool", GO, 100 * GO),)}),
    ("silence", {"habitudes": {"AAA123": EVERY_DAY[:-3]}}),
    ("refus", {"refus": (Refus(RULE, MANY, ("AAA123", "BBB456")),)}),
    ("refus-deposant", {"refus": (Refus(RULE, MANY, ("AAA123",)),)}),
    ("disjoncteur", {"doutees": (RegleDoutee(tripped(), 3),)}),
    ("feuille-ecartee", {"ecartees": (ASIDE,)}),
    ("jeu-fautif", {"doutees": (RegleDoutee(tripped(FAUTIVE), 3),)}),
    ("annonce", {"muets": (Muet("courriel", 3, "muet", ago(hours=1)),)}),
    ("depot-attendu", {"signalements": (told(NatureSignalement.RETARD, ago(hours=1)),)}),
    ("depot-anormal", {"signalements": (told(NatureSignalement.VOLUME_HAUT, ago(hours=1)),)}),
]

FINE = [
    {},
    {"attentes": (waits("RECU", ago(minutes=14)),)},
    {"attentes": (waits("EN_ATTENTE", ago(hours=3), raison="TRANSIENT", prochain_essai=AT),)},
    {"attentes": (waits("RECEPTION", ago(hours=2), echeance=AT + timedelta(hours=1)),)},
    {"attentes": (waits("RECEPTION", ago(days=2)),)},  # its sender goes on writing
    {"canaux": (Canal("partenaire", essais=2, incident="muet", reussi_le=ago(minutes=29)),)},
    {"canaux": (Canal("partenaire", reussi_le=ago(days=3)),)},  # not called, for instance: nothing is wrong
    {"disques": (Disque("/spool", 2 * GO, 100 * GO),)},
    {"habitudes": {"AAA123": EVERY_DAY}},
    {"refus": (Refus(RULE, Mesure(30, 4000, 4, 2, 10, 1000), ("AAA123",)),)},
    {"doutees": (RegleDoutee(tripped(FAUTIVE), 0),)},  # nothing waits for another version any more
    {"muets": (Muet("courriel", 2, "muet", ago(hours=1)),)},
    {"signalements": (told(NatureSignalement.RETARD, ago(minutes=59)),)},  # its déposant comes first
]


@pytest.mark.parametrize(("code", "seen"), WRONG)
def test_what_is_wrong_is_one_sign_with_a_sentence_and_what_to_do(code: str, seen: dict[str, object]) -> None:
    (signe,) = find_signs(Tableau(AT, **seen), REGLAGES)  # type: ignore[arg-type]

    assert signe.regle == code
    assert signe.phrase[0].isupper() or signe.phrase[0].isdigit()
    assert signe.phrase.endswith(".")
    assert signe.remede.endswith(".")
    assert "{" not in signe.phrase + signe.remede
    assert signe.depuis <= AT


@pytest.mark.parametrize("seen", FINE)
def test_what_is_within_its_bounds_is_no_sign(seen: dict[str, object]) -> None:
    assert find_signs(Tableau(AT, **seen), REGLAGES) == []  # type: ignore[arg-type]


def test_every_watch_is_shown_by_a_picture() -> None:
    assert {code for code, _ in WRONG} == {surveillance.code for surveillance in SURVEILLANCES}


def test_things_of_one_kind_are_folded_and_the_most_urgent_comes_first() -> None:
    ecarts = tuple(EcartConnu("le stock est intact", f"FLUX{n}", "changé", AT) for n in range(300))
    late = tuple(waits("EMISSION", ago(hours=n)) for n in (2, 9, 4))
    failing = Canal("partenaire", essais=1, incident="muet")
    signs = find_signs(Tableau(AT, attentes=late, ecarts=ecarts, canaux=(failing,)), REGLAGES)

    assert [signe.regle for signe in signs] == ["ecart", "retard", "canal-en-echec"]
    assert "300 cas" in signs[0].phrase
    assert (signs[1].phrase[:29], signs[1].depuis) == ("3 réponses attendent de partir"[:29], ago(hours=9))


def test_a_rule_that_is_suspended_already_is_not_told_twice() -> None:
    seen = Tableau(AT, refus=(Refus(RULE, MANY, ("AAA123",)),), doutees=(RegleDoutee(tripped(), 3),))

    assert [signe.regle for signe in find_signs(seen, REGLAGES)] == ["disjoncteur"]


# -- silence ----------------------------------------------------------------------------------------------

FRIDAY = date(2026, 11, 20)
MONDAYS = tuple(date(2026, 9, 28) + timedelta(weeks=n) for n in range(7))  # up to 9 November


@pytest.mark.parametrize(
    ("days", "today", "silent"),
    [
        (EVERY_DAY, FRIDAY, False),
        (EVERY_DAY, FRIDAY + timedelta(days=3), False),  # Monday: Friday was missed, today is not over
        (EVERY_DAY, FRIDAY + timedelta(days=4), True),
        (EVERY_DAY[:5], FRIDAY + timedelta(days=90), False),  # no habit yet
        (MONDAYS, date(2026, 11, 23), False),
        (MONDAYS, date(2026, 11, 30), True),
        ((), FRIDAY, False),
    ],
)
def test_silence_is_measured_in_the_usual_days_of_each(
    days: tuple[date, ...], today: date, silent: bool
) -> None:
    assert is_silent(days, today) is silent


# -- life -------------------------------------------------------------------------------------------------

SIGNE = Signe("disque:/spool", "disque", Gravite.CRITIQUE, Acteur.EXPLOITANT, "Plein.", "Videz.", AT)
RYTHME = Rythme(timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=4))


class Lives:
    """The alerts of a platform whose clock is told in minutes."""

    def __init__(self) -> None:
        self.known: list[Alerte] = []
        self.told: list[tuple[float, str]] = []

    def look(self, minute: float, *signes: Signe) -> None:
        pas = step(self.known, signes, AT + timedelta(minutes=minute), RYTHME)
        self.told += [(minute, one.nature.name) for one in pas.nouvelles]
        self.known = [one for one in pas.gardees if one.resolue_le is None]

    def acknowledge(self, minute: float, hours: float) -> None:
        until = AT + timedelta(minutes=minute, hours=hours)
        self.known = [acknowledge(one, "soazig", until) for one in self.known]


def test_an_alert_is_told_once_it_has_held_then_reminded_then_over() -> None:
    lives = Lives()
    for minute in range(500):
        lives.look(minute, *[SIGNE] * (minute < 400))

    assert lives.told == [(2, "OUVERTE"), (242, "RAPPEL"), (410, "RESOLUE")]
    assert lives.known == []


def test_what_does_not_hold_for_long_is_never_told() -> None:
    lives = Lives()
    for minute in range(100):
        lives.look(minute, *[SIGNE] * (minute % 3 < 2))

    assert lives.told == []


def test_what_comes_and_goes_is_one_alert() -> None:
    lives = Lives()
    for minute in range(200):
        lives.look(minute, *[SIGNE] * (minute < 3 or minute % 9 == 0))
    for minute in range(200, 230):
        lives.look(minute)

    assert lives.told == [(2, "OUVERTE"), (209, "RESOLUE")]


def test_an_acknowledged_alert_is_silent_until_that_expires() -> None:
    lives = Lives()
    for minute in range(3):
        lives.look(minute, SIGNE)
    lives.acknowledge(3, hours=24)
    for minute in range(3, 1500):
        lives.look(minute, SIGNE)

    assert lives.told == [(2, "OUVERTE"), (1443, "ECHUE")]
    lives.look(1443 + 240, SIGNE)
    assert lives.told[-1] == (1683, "RAPPEL")


def test_the_end_of_an_acknowledged_alert_is_told() -> None:
    lives = Lives()
    for minute in range(3):
        lives.look(minute, SIGNE)
    lives.acknowledge(3, hours=24)
    for minute in range(3, 20):
        lives.look(minute)

    assert lives.told == [(2, "OUVERTE"), (13, "RESOLUE")]


def test_what_comes_back_after_its_end_is_told_anew() -> None:
    lives = Lives()
    for minute in (0, 2, 20, 30, 40, 42):
        lives.look(minute, *[SIGNE] * (minute not in (20, 30)))

    assert lives.told == [(2, "OUVERTE"), (30, "RESOLUE"), (42, "OUVERTE")]


def test_alerts_of_different_keys_live_apart_and_keep_their_first_instant() -> None:
    lives = Lives()
    other = SIGNE._replace(cle="disque:/base", phrase="Plein aussi.")
    lives.look(0, SIGNE)
    lives.look(2, SIGNE._replace(depuis=AT + timedelta(minutes=2), phrase="Plus que plein."), other)
    lives.look(4, other)
    first, second = sorted(lives.known, key=lambda one: one.apparue_le)

    assert lives.told == [(2, "OUVERTE"), (4, "OUVERTE")]
    assert (first.depuis, first.phrase) == (AT, "Plus que plein.")
    assert (first.absente_depuis, second.absente_depuis) == (AT + timedelta(minutes=4), None)


def test_a_clock_that_steps_back_tells_nothing_twice() -> None:
    lives = Lives()
    for minute in (0, 2, -600, -599, 3):
        lives.look(minute, SIGNE)

    assert lives.told == [(2, "OUVERTE")]


# -- words ------------------------------------------------------------------------------------------------

ALERTE = Alerte(*SIGNE, apparue_le=AT, vue_le=AT, id=7)
COURRIEL = Courriel("mail.example.org", "navette@example.org", ("edi@example.org", "compta@example.org"))


def mail_of(*news: Nouvelle) -> tuple[str, str]:
    contenu = write_contenu(news, "Navette", AT)
    mail = write_courriel(contenu, key_of("courriel", contenu), COURRIEL, AT, ZoneInfo("Europe/Paris"))
    return str(mail["Subject"]), mail.get_content()


def test_one_mail_tells_all_the_news_of_a_look_the_most_urgent_first() -> None:
    late = replace(ALERTE, id=8, gravite=Gravite.ATTENTION, phrase="Un serveur est muet.")
    over = replace(ALERTE, id=9, phrase="Il manquait un fichier.")
    subject, body = mail_of(
        Nouvelle(Nature.RESOLUE, over), Nouvelle(Nature.RAPPEL, late), Nouvelle(Nature.OUVERTE, ALERTE)
    )

    assert subject == "[Navette] URGENT : 2 alertes, dont : Plein."
    assert [body.index(words) for words in ("Plein.", "muet", "manquait")] == sorted(
        body.index(words) for words in ("Plein.", "muet", "manquait")
    )
    assert "Depuis le 20/11/2026 à 10:00." in body
    assert "À faire par l'exploitant : Videz." in body


@pytest.mark.parametrize(
    ("news", "subject"),
    [
        ([Nouvelle(Nature.OUVERTE, ALERTE)], "[Navette] URGENT : Plein."),
        ([Nouvelle(Nature.RAPPEL, replace(ALERTE, gravite=Gravite.ATTENTION))], "[Navette] Plein."),
        ([Nouvelle(Nature.RESOLUE, ALERTE)], "[Navette] Réglé : Plein."),
        ([Nouvelle(Nature.RESOLUE, ALERTE)] * 2, "[Navette] Réglé : 2 alertes"),
        ([], "[Navette] Essai des alertes"),
        (
            [Nouvelle(Nature.OUVERTE, replace(ALERTE, phrase="Un\r\nBcc: x@y.z"))],
            "[Navette] URGENT : Un Bcc: x@y.z",
        ),
    ],
)
def test_the_subject_says_the_essential_on_one_line(news: list[Nouvelle], subject: str) -> None:
    assert mail_of(*news)[0] == subject


def test_the_same_news_have_one_key_for_each_channel() -> None:
    news = [Nouvelle(Nature.OUVERTE, ALERTE)]
    contenu = write_contenu(news, "Navette", AT)

    assert key_of("a", contenu) == key_of("a", write_contenu(news, "Navette", AT))
    assert key_of("a", contenu) != key_of("b", contenu)
    assert key_of("a", contenu) != key_of("a", write_contenu(news, "Navette", AT + timedelta(seconds=1)))
