"""Rules that ask the world: fournisseur, mandat, destinataire, service, doublon; the policy of the lot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from edi.model import (
    SIREN,
    SIRET,
    CleFacture,
    Deposant,
    Facture,
    FactureJugee,
    FichierJuge,
    Finding,
    Identifiant,
    Limites,
    LotJuge,
    Mandat,
    Original,
    Outcome,
    Partie,
    Place,
    Politique,
    Service,
    Severity,
    Snapshot,
    Structure,
)
from edi.validators.catalogue import DOUBLON_RULES, REGISTRY_RULES
from edi.validators.doublon import unicity_key
from edi.validators.fournisseur import deposits_for_itself
from edi.validators.lot import apply_all_or_nothing, apply_policy
from edi.validators.rules import Context, run

JOUR = date(2026, 3, 10)
VEILLE, LENDEMAIN = JOUR - timedelta(days=1), JOUR + timedelta(days=1)
BERNARD, AUTRE_ETABLISSEMENT = "73282932000074", "73282932000082"
VILLE, AGENCE, ETAT = "21750001600019", "21750001600027", "11000201100044"
TIERS = Deposant("AAA999", "Facturation SARL", siret="55208131766522")


def siret(valeur: str) -> Identifiant:
    return Identifiant(SIRET, valeur)


def structure(valeur: str, nom: str = "Structure", **changes: object) -> Structure:
    return replace(Structure(siret(valeur), nom, emetteur_edi=True), **changes)  # type: ignore[arg-type]


def facture(**changes: object) -> Facture:
    sound = Facture(
        rang=1,
        numero="F1",
        type="380",
        cadre="A1",
        date=JOUR,
        devise="EUR",
        fournisseur=Partie(siret(BERNARD), "Ets Bernard"),
        destinataire=Partie(siret(VILLE), "Ville"),
        places={name: Place(f"/Invoice/{name}") for name in ("numero", "service", "engagement")},
    )
    return replace(sound, **changes)  # type: ignore[arg-type]


def world(
    *structures: Structure,
    services: tuple[Service, ...] = (),
    mandats: tuple[Mandat, ...] = (),
    **more: object,
) -> Snapshot:
    """A snapshot that knows Bernard (private), the Ville, and what is added or replaced."""
    known = (structure(BERNARD, "Ets Bernard", privee=True), structure(VILLE, "Ville"), *structures)
    snapshot = Snapshot(
        annuaire_du=datetime(2026, 3, 1, 12, tzinfo=UTC),
        structures={s.identifiant: s for s in known},
        services={(s.siret, s.code): s for s in services},
        mandats=mandats,
    )
    return replace(snapshot, **more)  # type: ignore[arg-type]


def judge(
    of: Facture,
    snapshot: Snapshot | None,
    deposant: Deposant | None = None,
    politique: Politique = Politique(mandat="never"),  # noqa: B008
    anterieures: Mapping[CleFacture, str] | None = None,
) -> tuple[Finding, ...]:
    context = Context(
        of,
        "chorus",
        politique,
        Limites(),
        JOUR,
        deposant,
        snapshot,
        {} if anterieures is None else anterieures,
    )
    return run((*REGISTRY_RULES, *DOUBLON_RULES), context)


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def test_known_and_active_parties_are_accepted() -> None:
    assert codes(judge(facture(), world(), TIERS)) == []


def test_without_a_snapshot_the_registry_rules_are_silent() -> None:
    assert codes(judge(facture(), None, TIERS, Politique(mandat="always"))) == []


def test_without_annuaire_the_invoice_is_held_and_never_rejected() -> None:
    (finding,) = judge(facture(service="S1"), Snapshot(), TIERS)

    assert (finding.code, finding.severity) == ("EDI-ANNUAIRE-01", Severity.HOLD)


def test_a_malformed_siret_is_left_to_the_rule_of_its_form() -> None:
    malformed = Partie(siret("123"))

    found = judge(facture(fournisseur=malformed, destinataire=malformed), world(), TIERS, MANDAT)

    assert codes(found) == []


def test_a_malformed_siret_is_unknown_when_its_form_no_longer_rejects() -> None:
    malformed = Partie(siret("123"))
    lenient = Politique(mandat="never", severites={"EDI-SIRET-01": Severity.WARNING})

    found = judge(facture(fournisseur=malformed, destinataire=malformed), world(), politique=lenient)

    assert codes(found) == ["EDI-FOURN-01", "EDI-DEST-01"]


# -- fournisseur ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identifiant", "expected"),
    [
        (siret(BERNARD), []),
        (Identifiant(SIREN, BERNARD[:9]), []),
        (siret(AUTRE_ETABLISSEMENT), ["EDI-FOURN-01"]),
        (Identifiant("2", "DE136695976"), ["EDI-FOURN-01"]),
        (siret(""), ["EDI-FOURN-04"]),
    ],
)
def test_the_fournisseur_is_known(identifiant: Identifiant, expected: list[str]) -> None:
    assert codes(judge(facture(fournisseur=Partie(identifiant)), world())) == expected


def test_a_fournisseur_that_is_not_named_is_told_even_without_annuaire() -> None:
    unnamed = facture(fournisseur=Partie(siret("")))

    assert codes(judge(unnamed, Snapshot())) == ["EDI-FOURN-04", "EDI-ANNUAIRE-01"]


def test_an_inactive_fournisseur_is_refused() -> None:
    closed = world(structure(BERNARD, active=False, emetteur_edi=False))

    found = judge(facture(), closed, politique=Politique(mandat="never", emetteur_edi="always"))

    assert codes(found) == ["EDI-FOURN-02"]


def test_a_siren_is_active_when_one_of_its_establishments_is() -> None:
    by_siren = facture(fournisseur=Partie(Identifiant(SIREN, BERNARD[:9])))
    both = world(structure(BERNARD, active=False), structure(AUTRE_ETABLISSEMENT))

    assert codes(judge(by_siren, both)) == []


@pytest.mark.parametrize(
    ("policy", "siret_deposant", "expected"),
    [
        ("direct", BERNARD, ["EDI-FOURN-03"]),
        ("direct", AUTRE_ETABLISSEMENT, ["EDI-FOURN-03"]),
        ("direct", TIERS.siret, []),
        ("direct", "", []),
        ("always", TIERS.siret, ["EDI-FOURN-03"]),
        ("never", BERNARD, []),
    ],
)
def test_who_must_be_an_emitter_is_the_policy_of_the_operator(
    policy: str, siret_deposant: str, expected: list[str]
) -> None:
    politique = Politique(mandat="never", emetteur_edi=policy)
    deposant = replace(TIERS, siret=siret_deposant)

    found = judge(facture(), world(structure(BERNARD, emetteur_edi=False)), deposant, politique)

    assert codes(found) == expected
    assert codes(judge(facture(), world(), deposant, politique)) == []


@pytest.mark.parametrize(
    ("identifiant", "siret_deposant", "expected"),
    [
        (siret(BERNARD), BERNARD, True),
        (siret(BERNARD), AUTRE_ETABLISSEMENT, True),
        (Identifiant(SIREN, BERNARD[:9]), BERNARD, True),
        (siret(BERNARD), TIERS.siret, False),
        (siret(BERNARD), "", False),
        (siret(""), "", False),
        (Identifiant("2", "DE136695976"), TIERS.siret, False),
    ],
)
def test_a_deposant_deposits_for_itself_under_its_own_siren(
    identifiant: Identifiant, siret_deposant: str, expected: bool
) -> None:
    of = facture(fournisseur=Partie(identifiant))
    context = Context(of, "chorus", Politique(), Limites(), JOUR, replace(TIERS, siret=siret_deposant))

    assert deposits_for_itself(context) is expected


# -- mandat -----------------------------------------------------------------------------------------------


def mandat(
    cree: date | None = None,
    signe: date | None = None,
    revoque: date | None = None,
    mandant: Identifiant = siret(BERNARD),  # noqa: B008
    mandataire: str = "AAA999",
) -> Mandat:
    given = cree or date(2026, 1, 1)
    return Mandat(1, mandant, mandataire, given, signe, revoque, soumis_le=given)


MANDAT = Politique(mandat="third_party")
SIGNED = date(2026, 1, 2)


@pytest.mark.parametrize(
    ("mandats", "expected", "told"),
    [
        ([mandat(signe=SIGNED)], [], ""),
        ([], ["EDI-MANDAT-01"], "10/03/2026"),
        ([mandat()], ["EDI-MANDAT-02"], "en cours de validation depuis le 01/01/2026"),
        ([mandat(cree=VEILLE)], ["EDI-MANDAT-02"], "depuis le 09/03/2026"),
        ([mandat(cree=JOUR)], ["EDI-MANDAT-02"], "depuis le 10/03/2026"),
        ([mandat(cree=LENDEMAIN)], ["EDI-MANDAT-04"], "le 11/03/2026"),
        ([mandat(signe=VEILLE)], [], ""),
        ([mandat(signe=JOUR)], [], ""),
        ([mandat(signe=LENDEMAIN)], ["EDI-MANDAT-04"], "ne commence que le 11/03/2026"),
        ([mandat(cree=LENDEMAIN, signe=LENDEMAIN)], ["EDI-MANDAT-04"], "le 11/03/2026"),
        ([mandat(signe=SIGNED, revoque=VEILLE)], ["EDI-MANDAT-03"], "révoqué depuis le 09/03/2026"),
        ([mandat(signe=SIGNED, revoque=JOUR)], ["EDI-MANDAT-03"], "révoqué depuis le 10/03/2026"),
        ([mandat(signe=SIGNED, revoque=LENDEMAIN)], [], ""),
        ([mandat(signe=SIGNED, revoque=VEILLE), mandat(signe=JOUR)], [], ""),
        ([mandat(signe=SIGNED, revoque=VEILLE), mandat(cree=JOUR)], ["EDI-MANDAT-02"], "10/03/2026"),
        ([mandat(signe=SIGNED, revoque=VEILLE), mandat(cree=LENDEMAIN)], ["EDI-MANDAT-04"], "11/03/2026"),
        ([mandat(signe=LENDEMAIN), mandat(cree=VEILLE)], ["EDI-MANDAT-02"], "09/03/2026"),
        ([mandat(revoque=VEILLE)], ["EDI-MANDAT-03"], "09/03/2026"),
    ],
)
def test_a_mandat_covers_the_day_of_deposit(mandats: list[Mandat], expected: list[str], told: str) -> None:
    found = judge(facture(), world(mandats=tuple(mandats)), TIERS, MANDAT)

    assert codes(found) == expected
    for finding in found:
        assert told in finding.message
        assert "Ets Bernard (SIRET 73282932000074)" in finding.message
        assert "Facturation SARL (AAA999)" in finding.message


@pytest.mark.parametrize(
    ("soumis", "told"),
    [
        (None, "souscrit, sans être envoyé à la signature, depuis le 01/01/2026"),
        (LENDEMAIN, "souscrit, sans être envoyé à la signature, depuis le 01/01/2026"),
        (JOUR, "en cours de validation depuis le 10/03/2026"),
        (VEILLE, "en cours de validation depuis le 09/03/2026"),
    ],
)
def test_a_mandat_that_was_not_sent_is_no_mandat_under_validation(soumis: date | None, told: str) -> None:
    known = world(mandats=(replace(mandat(), soumis_le=soumis),))
    strict, mild = (
        judge(facture(), known, TIERS, replace(MANDAT, mandat_en_cours_vaut_actif=vaut))
        for vaut in (False, True)
    )

    assert [told in finding.message for finding in strict] == [True]
    assert codes(mild) == ([] if told.startswith("en cours") else ["EDI-MANDAT-02"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (mandat(signe=SIGNED, mandant=siret(AUTRE_ETABLISSEMENT)), []),
        (mandat(signe=SIGNED, mandant=Identifiant(SIREN, BERNARD[:9])), []),
        (mandat(signe=SIGNED, mandant=siret(VILLE)), ["EDI-MANDAT-01"]),
        (mandat(signe=SIGNED, mandant=Identifiant("2", "DE136695976")), ["EDI-MANDAT-01"]),
        (mandat(signe=SIGNED, mandataire="BBB999"), ["EDI-MANDAT-01"]),
    ],
)
def test_a_mandat_is_that_of_the_legal_entity_to_this_deposant(given: Mandat, expected: list[str]) -> None:
    assert codes(judge(facture(), world(mandats=(given,)), TIERS, MANDAT)) == expected


def test_a_foreign_fournisseur_gives_a_mandat_under_its_own_number() -> None:
    foreign = Identifiant("2", "DE136695976")
    known = world(Structure(foreign, "GmbH"), mandats=(mandat(signe=SIGNED, mandant=foreign),))

    assert codes(judge(facture(fournisseur=Partie(foreign)), known, TIERS, MANDAT)) == []


@pytest.mark.parametrize(
    ("policy", "siret_deposant", "expected"),
    [
        ("third_party", BERNARD, []),
        ("third_party", TIERS.siret, ["EDI-MANDAT-01"]),
        ("third_party", "", ["EDI-MANDAT-01"]),
        ("always", BERNARD, ["EDI-MANDAT-01"]),
        ("never", TIERS.siret, []),
    ],
)
def test_when_a_mandat_is_due_is_the_policy_of_the_operator(
    policy: str, siret_deposant: str, expected: list[str]
) -> None:
    deposant = replace(TIERS, siret=siret_deposant)

    assert codes(judge(facture(), world(), deposant, Politique(mandat=policy))) == expected


@pytest.mark.parametrize(("given", "expected"), [(mandat(), []), (mandat(cree=LENDEMAIN), ["EDI-MANDAT-04"])])
def test_a_mandat_en_cours_may_be_held_for_active(given: Mandat, expected: list[str]) -> None:
    lenient = Politique(mandat_en_cours_vaut_actif=True)

    assert codes(judge(facture(), world(mandats=(given,)), TIERS, lenient)) == expected


def test_no_mandat_is_asked_when_nobody_in_particular_deposits() -> None:
    assert codes(judge(facture(), world(), None, Politique(mandat="always"))) == []


# -- destinataire -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identifiant", "expected"),
    [
        (siret(VILLE), []),
        (siret(AGENCE), ["EDI-DEST-01"]),
        (siret(""), ["EDI-DEST-01"]),
        (Identifiant("2", VILLE), ["EDI-DEST-01"]),
        (Identifiant(SIREN, VILLE[:9]), []),
        (Identifiant(SIREN, "130025265"), ["EDI-DEST-01"]),
    ],
)
def test_the_destinataire_is_known(identifiant: Identifiant, expected: list[str]) -> None:
    found = judge(facture(destinataire=Partie(identifiant)), world())

    assert codes(found) == expected
    assert [finding.motif for finding in found] == ["DEST_INC"] * len(expected)


def test_an_unknown_destinataire_is_told_with_the_day_of_the_annuaire() -> None:
    (finding,) = judge(facture(destinataire=Partie(siret(AGENCE))), world())

    assert finding.message == (
        "Le destinataire de la facture n'a pas été trouvé : "
        "SIRET 21750001600027 n'est pas dans l'annuaire du 01/03/2026."
    )


@pytest.mark.parametrize(
    ("establishments", "expected"),
    [
        ([structure(VILLE), structure(AGENCE)], ["EDI-DEST-05"]),
        ([structure(VILLE), structure(AGENCE, active=False)], ["EDI-DEST-05"]),
        ([structure(VILLE, active=False), structure(AGENCE, active=False)], ["EDI-DEST-02"]),
        ([structure(VILLE, active=False)], ["EDI-DEST-02"]),
        ([structure(VILLE, gestion_service=True)], ["EDI-SERVICE-01"]),
    ],
)
def test_a_siren_names_a_destinataire_that_has_one_establishment(
    establishments: list[Structure], expected: list[str]
) -> None:
    by_siren = facture(destinataire=Partie(Identifiant(SIREN, VILLE[:9])))

    assert codes(judge(by_siren, world(*establishments))) == expected


def test_the_establishments_of_an_ambiguous_siren_are_proposed() -> None:
    by_siren = facture(destinataire=Partie(Identifiant(SIREN, VILLE[:9])))

    (finding,) = judge(by_siren, world(structure(AGENCE)))

    assert finding.expected == f"{VILLE} ou {AGENCE}"


def test_an_inactive_destinataire_is_refused_and_asks_for_nothing_more() -> None:
    closed = world(structure(VILLE, active=False, gestion_service=True, gestion_engagement=True))

    assert codes(judge(facture(), closed)) == ["EDI-DEST-02"]


@pytest.mark.parametrize(
    ("cadre", "expected"),
    [("A1", ["EDI-DEST-03"]), ("A9", ["EDI-DEST-03"]), ("", ["EDI-DEST-03"]), ("A4", []), ("A20", [])],
)
def test_a_structure_that_is_moa_only_receives_works_pieces_alone(cadre: str, expected: list[str]) -> None:
    assert codes(judge(facture(cadre=cadre), world(structure(VILLE, moa_uniquement=True)))) == expected


RESERVED = "FACTURES_PUBLIQUES"


@pytest.mark.parametrize("privee", [True, False])
def test_any_fournisseur_may_name_an_ordinary_service(privee: bool) -> None:
    known = world(structure(BERNARD, privee=privee), services=(Service(VILLE, "S1"),))

    assert codes(judge(facture(service="S1"), known)) == []


@pytest.mark.parametrize(
    ("identifiant", "privee", "expected"),
    [
        (siret(BERNARD), True, ["EDI-DEST-04"]),
        (siret(BERNARD), False, []),
        (siret(AUTRE_ETABLISSEMENT), False, ["EDI-FOURN-01", "EDI-DEST-04"]),
        (siret(""), False, ["EDI-FOURN-04"]),
    ],
)
def test_the_service_of_public_invoices_is_for_public_fournisseurs(
    identifiant: Identifiant, privee: bool, expected: list[str]
) -> None:
    known = world(structure(BERNARD, privee=privee), services=(Service(VILLE, RESERVED),))

    assert codes(judge(facture(service=RESERVED, fournisseur=Partie(identifiant)), known)) == expected


def test_a_refused_service_is_not_also_told_unknown() -> None:
    (finding,) = judge(facture(service=RESERVED), world())

    assert (finding.code, finding.location) == ("EDI-DEST-04", "/Invoice/service")


# -- service and engagement -------------------------------------------------------------------------------

OPEN = Service(VILLE, "VOIRIE")


@pytest.mark.parametrize(
    ("demand", "service", "engagement", "expected"),
    [
        ({}, "", "", []),
        ({"gestion_service": True}, "VOIRIE", "", []),
        ({"gestion_service": True}, "", "E1", ["EDI-SERVICE-01"]),
        ({"gestion_service": True}, "CULTURE", "", ["EDI-SERVICE-02"]),
        ({}, "CULTURE", "", ["EDI-SERVICE-02"]),
        ({}, "FERME", "", ["EDI-SERVICE-03"]),
        ({"gestion_engagement": True}, "", "E1", []),
        ({"gestion_engagement": True}, "", "", ["EDI-ENGAGEMENT-01"]),
        ({"gestion_engagement": True}, "ACHATS", "", ["EDI-ENGAGEMENT-01"]),
        ({}, "ACHATS", "E1", []),
        ({}, "ACHATS", "", ["EDI-ENGAGEMENT-02"]),
        ({"gestion_service_engagement": True}, "VOIRIE", "", []),
        ({"gestion_service_engagement": True}, "", "E1", []),
        ({"gestion_service_engagement": True}, "", "", ["EDI-ENGAGEMENT-03"]),
        ({"gestion_service_engagement": True}, "CULTURE", "", ["EDI-SERVICE-02"]),
        (
            {"gestion_service": True, "gestion_engagement": True, "gestion_service_engagement": True},
            "",
            "",
            ["EDI-SERVICE-01", "EDI-ENGAGEMENT-01"],
        ),
    ],
)
def test_what_a_destinataire_demands_is_given(
    demand: dict[str, bool], service: str, engagement: str, expected: list[str]
) -> None:
    services = (OPEN, Service(VILLE, "FERME", actif=False), Service(VILLE, "ACHATS", engagement=True))
    known = world(structure(VILLE, **demand), services=services)

    found = judge(facture(service=service, engagement=engagement), known)

    assert codes(found) == expected
    assert {finding.motif for finding in found} <= {"REJ_CONT_B2G"}


@pytest.mark.parametrize(
    ("debut", "fin", "expected"),
    [
        (None, None, ""),
        (VEILLE, None, ""),
        (JOUR, None, ""),
        (LENDEMAIN, None, "n'ouvre que le 11/03/2026"),
        (None, LENDEMAIN, ""),
        (None, JOUR, ""),
        (None, VEILLE, "est fermé depuis la fin du 09/03/2026"),
        (JOUR, JOUR, ""),
    ],
)
def test_a_service_is_open_from_its_first_day_to_its_last(
    debut: date | None, fin: date | None, expected: str
) -> None:
    found = judge(facture(service="VOIRIE"), world(services=(replace(OPEN, debut=debut, fin=fin),)))

    assert codes(found) == (["EDI-SERVICE-04"] if expected else [])
    assert all(expected in finding.message for finding in found)


@pytest.mark.parametrize(
    ("given", "open_codes", "expected"),
    [
        ("voirie", ["VOIRIE", "CULTURE"], "VOIRIE"),
        ("VOIRI", ["VOIRIE", "CULTURE"], "VOIRIE"),
        ("ZZZ", ["VOIRIE", "CULTURE"], "CULTURE ou VOIRIE"),
        ("ZZZ", [f"S{n}" for n in range(6)], ""),
        ("ZZZ", [], ""),
        ("FACTURES_PUBLIQUE", [RESERVED], ""),
    ],
)
def test_an_unknown_service_is_answered_with_the_nearest(
    given: str, open_codes: list[str], expected: str
) -> None:
    services = tuple(Service(VILLE, code) for code in open_codes)
    elsewhere = (Service(AGENCE, given), Service(VILLE, f"{given}2", actif=False))

    (finding,) = judge(facture(service=given), world(services=services + elsewhere))

    assert (finding.code, finding.expected) == ("EDI-SERVICE-02", expected)


def test_a_missing_service_is_answered_with_the_few_that_exist() -> None:
    (finding,) = judge(facture(), world(structure(VILLE, gestion_service=True), services=(OPEN,)))

    assert (finding.expected, finding.location) == ("VOIRIE", "/Invoice/service")


@pytest.mark.parametrize(("service", "expected"), [("", ["EDI-SERVICE-01"]), ("SFACETAT", [])])
def test_the_state_always_needs_a_service(service: str, expected: list[str]) -> None:
    known = world(structure(ETAT, "État"), services=(Service(ETAT, "SFACETAT"),))

    assert codes(judge(facture(destinataire=Partie(siret(ETAT)), service=service), known)) == expected


# -- doublon ----------------------------------------------------------------------------------------------

KEY = CleFacture(BERNARD[:9], "F1", 2026)
# Late in the evening of the 28th in London is the 1st of March in Paris.
ORIGINAL = Original("FSO1100A_AAA999_AAA9991100000000000000001", datetime(2026, 2, 28, 23, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changes", "unicite", "expected"),
    [
        ({}, "siren", KEY),
        ({}, "identifiant", CleFacture(f"1:{BERNARD}", "F1", 2026)),
        ({"fournisseur": Partie(siret(AUTRE_ETABLISSEMENT))}, "siren", KEY),
        ({"fournisseur": Partie(Identifiant(SIREN, BERNARD[:9]))}, "siren", KEY),
        ({"fournisseur": Partie(siret("732 829 320 00074"))}, "siren", KEY),
        ({"fournisseur": Partie(Identifiant("2", "DE1"))}, "siren", CleFacture("2:DE1", "F1", 2026)),
        ({"date": date(2025, 12, 31)}, "siren", CleFacture(BERNARD[:9], "F1", 2025)),
        ({"numero": "f1"}, "siren", CleFacture(BERNARD[:9], "f1", 2026)),
        ({"numero": ""}, "siren", None),
        ({"date": None}, "siren", None),
        ({"fournisseur": Partie(siret(""))}, "siren", None),
    ],
)
def test_an_invoice_is_unique_by_seller_number_and_year(
    changes: dict[str, object], unicite: str, expected: CleFacture | None
) -> None:
    assert unicity_key(facture(**changes), Politique(unicite=unicite)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["EDI-DOUBLON-01"]),
        ({"date": date(2026, 1, 1)}, ["EDI-DOUBLON-01"]),
        ({"date": date(2025, 12, 31)}, []),
        ({"numero": "F2"}, []),
        ({"fournisseur": Partie(siret(VILLE))}, []),
    ],
)
def test_an_invoice_already_accepted_is_refused(changes: dict[str, object], expected: list[str]) -> None:
    assert codes(judge(facture(**changes), world(originaux={KEY: ORIGINAL}))) == expected


def test_a_doublon_names_the_original_and_says_that_it_stays_valid() -> None:
    (finding,) = judge(facture(), world(originaux={KEY: ORIGINAL}))

    assert finding.motif == "DOUBLON"
    assert finding.message == (
        "La facture n° F1 du fournisseur Ets Bernard (SIRET 73282932000074) a déjà été acceptée le "
        "01/03/2026 (flux FSO1100A_AAA999_AAA9991100000000000000001) : seul ce dépôt est refusé, "
        "la facture d'origine reste valable."
    )


def test_the_second_of_a_lot_is_refused_and_names_the_file_of_the_first() -> None:
    (finding,) = judge(facture(), world(), anterieures={KEY: "facture1.xml"})

    assert finding.code == "EDI-DOUBLON-02"
    assert "« facture1.xml »" in finding.message
    assert codes(judge(facture(numero="F2"), world(), anterieures={KEY: "facture1.xml"})) == []


def test_twice_in_a_lot_is_told_without_a_snapshot() -> None:
    assert codes(judge(facture(), None, anterieures={KEY: "facture1.xml"})) == ["EDI-DOUBLON-02"]


def test_a_doublon_is_told_once() -> None:
    found = judge(facture(), world(originaux={KEY: ORIGINAL}), anterieures={KEY: "facture1.xml"})

    assert codes(found) == ["EDI-DOUBLON-01"]


# -- the policy of the lot --------------------------------------------------------------------------------


def finding(severity: Severity) -> Finding:
    return Finding("EDI-TYPE-01", severity, "Le type est faux.")


GOOD = FactureJugee(facture(numero="BON"))
WARNED = FactureJugee(facture(numero="AVERTI"), (finding(Severity.WARNING),))
HELD = FactureJugee(facture(numero="ATTEND"), (finding(Severity.HOLD),))
BAD = FactureJugee(facture(numero="FAUX"), (finding(Severity.ERROR),))


def lot_codes(jugees: tuple[FactureJugee, ...]) -> list[list[str]]:
    return [[found.code for found in jugee.findings] for jugee in jugees]


@pytest.mark.parametrize(
    ("jugees", "files", "refused"),
    [
        ((), 0, []),
        ((GOOD, WARNED), 0, []),
        ((GOOD, HELD), 0, []),
        ((BAD,), 0, []),
        ((GOOD, BAD, WARNED, HELD), 0, ["BON", "AVERTI"]),
        ((GOOD,), 1, ["BON"]),
    ],
)
def test_one_rejected_invoice_rejects_the_accepted_ones(
    jugees: tuple[FactureJugee, ...], files: int, refused: list[str]
) -> None:
    after = apply_all_or_nothing(jugees, files)

    hit = [j.facture.numero for j in after if j.findings and j.findings[-1].code == "EDI-LOT-01"]
    assert hit == refused
    assert [j.facture for j in after] == [j.facture for j in jugees]


def test_an_undecided_invoice_stays_undecided() -> None:
    assert apply_all_or_nothing((HELD, BAD))[0].verdict.outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(
    ("bad", "files", "told"),
    [
        (1, 0, "1 facture (n° N0) est rejetée."),
        (2, 0, "2 factures (n° N0 et n° N1) sont rejetées."),
        (6, 0, "6 factures (n° N0, n° N1, n° N2, n° N3, n° N4, …) sont rejetées."),
        (0, 1, "1 fichier est rejeté."),
        (1, 2, "1 facture (n° N0) et 2 fichiers sont rejetés."),
    ],
)
def test_the_refused_lot_says_what_was_rejected(bad: int, files: int, told: str) -> None:
    rejected = tuple(replace(BAD, facture=facture(numero=f"N{n}")) for n in range(bad))

    good, *_ = apply_all_or_nothing((GOOD, *rejected), files)

    assert good.findings[0].message.endswith(told)


@pytest.mark.parametrize(
    ("deposant", "expected"),
    [
        (replace(TIERS, politique="tout_ou_rien"), [["EDI-LOT-01"], ["EDI-TYPE-01"], ["EDI-LOT-01"]]),
        (replace(TIERS, politique="par_facture"), [[], ["EDI-TYPE-01"], []]),
        (None, [[], ["EDI-TYPE-01"], []]),
    ],
)
def test_the_policy_is_that_of_the_deposant(deposant: Deposant | None, expected: list[list[str]]) -> None:
    lot = LotJuge(
        fichiers=(FichierJuge("a.xml", factures=(GOOD, BAD)), FichierJuge("b.xml", factures=(GOOD,)))
    )

    after = apply_policy(lot, deposant)

    assert lot_codes(after.factures) == expected
    assert [len(fichier.factures) for fichier in after.fichiers] == [2, 1]


def test_an_unreadable_file_rejects_the_whole_lot() -> None:
    lot = LotJuge(fichiers=(FichierJuge("a.xml", factures=(GOOD,)), FichierJuge("b.xml")))

    after = apply_policy(lot, replace(TIERS, politique="tout_ou_rien"))

    assert lot_codes(after.factures) == [["EDI-LOT-01"]]
