"""What the destinataire asks of an invoice: its service and the number of the engagement.

Speaks only of a structure that can receive (:func:`.destinataire.receiving`); one lack is told once.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from edi.model import Card, Service, Severity, Structure
from edi.validators.destinataire import FACTURES_PUBLIQUES, receiving, service_is_refused
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import day, enumerate_all, shown

ETAT = "11000201100044"  # SIRET of the State, for all its services

_FEW = 5  # as many codes as a sentence may list


def _service(context: Context, structure: Structure) -> Service | None:
    """The service named, when the annuaire knows it."""
    if context.snapshot is None or not context.facture.service:
        return None
    return context.snapshot.services.get((structure.identifiant.valeur, context.facture.service))


def _is_open(service: Service, context: Context) -> bool:
    begun = service.debut is None or service.debut <= context.jour
    return service.actif and begun and (service.fin is None or context.jour <= service.fin)


def _open_codes(context: Context, structure: Structure) -> list[str]:
    services = context.snapshot.services.values() if context.snapshot else ()
    siret = structure.identifiant.valeur
    open_here = {s.code for s in services if s.siret == siret and _is_open(s, context)}
    return sorted(open_here - {FACTURES_PUBLIQUES})


def _expected(context: Context, structure: Structure) -> str:
    """The nearest open code, or the open codes when they are few; '' when neither helps."""
    codes, given = _open_codes(context, structure), context.facture.service
    by_upper = {code.upper(): code for code in codes}
    nearest = get_close_matches(given.strip().upper(), by_upper, n=1) if given else []
    if nearest:
        return by_upper[nearest[0]]
    return enumerate_all(codes, "ou") if len(codes) <= _FEW else ""


def _needs_service(structure: Structure) -> bool:
    return structure.gestion_service or structure.identifiant.valeur == ETAT


def _hit(context: Context, structure: Structure, field: str, expected: str = "", **words: str) -> Hit:
    words["destinataire"] = f"{structure.nom} ({structure.identifiant})"
    return Hit(context.facture.place(field), shown(getattr(context.facture, field)), expected, words)


def _check_service_present(context: Context) -> Iterator[Hit]:
    structure = receiving(context)
    if structure and _needs_service(structure) and not context.facture.service:
        yield _hit(context, structure, "service", _expected(context, structure))


def _unknown_service(context: Context) -> Iterator[tuple[Structure, Hit]]:
    structure = receiving(context)
    if structure is None or not context.facture.service or service_is_refused(context):
        return
    if _service(context, structure) is None:
        expected = _expected(context, structure)
        conseil = f" (peut-être : {expected})" if expected else ""
        yield structure, _hit(context, structure, "service", expected, conseil=conseil)


def _is_free_reference(context: Context, structure: Structure) -> bool:
    """In the reform BT-10 is the buyer's own reference: a service code only where one is asked for."""
    asked = _needs_service(structure) or structure.gestion_service_engagement
    from_bt_10 = context.facture.place("service").path.endswith("BuyerReference")
    return context.famille == "reforme" and from_bt_10 and not asked


def _check_service_known(context: Context) -> Iterator[Hit]:
    for structure, hit in _unknown_service(context):
        if not _is_free_reference(context, structure):
            yield hit


def _check_reference_is_a_service(context: Context) -> Iterator[Hit]:
    for structure, hit in _unknown_service(context):
        if _is_free_reference(context, structure):
            yield hit


def _check_service_active(context: Context) -> Iterator[Hit]:
    structure = receiving(context)
    service = _service(context, structure) if structure else None
    if structure and service and not service.actif and not service_is_refused(context):
        yield _hit(context, structure, "service", _expected(context, structure))


def _check_service_dates(context: Context) -> Iterator[Hit]:
    structure = receiving(context)
    service = _service(context, structure) if structure else None
    if structure is None or service is None or not service.actif or _is_open(service, context):
        return
    if service_is_refused(context):
        return
    if service.debut is not None and context.jour < service.debut:
        raison = f"n'ouvre que le {day(service.debut)}"
    else:
        raison = f"est fermé depuis la fin du {day(service.fin)}" if service.fin else "est fermé"
    expected = _expected(context, structure)
    yield _hit(context, structure, "service", expected, raison=raison, jour=day(context.jour))


def _check_engagement_of_structure(context: Context) -> Iterator[Hit]:
    structure = receiving(context)
    if structure and structure.gestion_engagement and not context.facture.engagement:
        yield _hit(context, structure, "engagement")


def _check_engagement_of_service(context: Context) -> Iterator[Hit]:
    structure = receiving(context)
    if structure is None or structure.gestion_engagement or context.facture.engagement:
        return
    service = _service(context, structure)
    if service and service.engagement and not service_is_refused(context):
        yield _hit(context, structure, "engagement", service=shown(service.code))


def _check_either(context: Context) -> Iterator[Hit]:
    structure = receiving(context)
    if structure is None or not structure.gestion_service_engagement:
        return
    told = _needs_service(structure) or structure.gestion_engagement
    if not told and not context.facture.service and not context.facture.engagement:
        yield _hit(context, structure, "service", _expected(context, structure))


def _card(code: str, citation: str, message: str, fix: str) -> Card:
    return Card(code, Severity.ERROR, "REJ_CONT_B2G", citation, message, fix)


_ASK_SERVICE = (
    "Le fournisseur demande son code service au destinataire, l'indique et dépose de nouveau la facture."
)
_ASK_ENGAGEMENT = (
    "Le fournisseur reprend le numéro d'engagement du bon de commande, ou le demande au destinataire, et "
    "dépose de nouveau la facture."
)

RULES: tuple[Rule, ...] = (
    Rule(
        _card(
            "EDI-SERVICE-01",
            "Chorus Pro, règles G2.17 à G2.19 et paramètre GestionService ; BR-FR-CPRO-11",
            "{destinataire} demande un code service et la facture n'en donne pas.",
            _ASK_SERVICE,
        ),
        _check_service_present,
    ),
    Rule(
        _card(
            "EDI-SERVICE-02",
            "Chorus Pro, « le code service de la structure publique destinataire est inconnu ou inactif »",
            "Le code service « {value} » est inconnu chez {destinataire}{conseil}.",
            _ASK_SERVICE,
        ),
        _check_service_known,
    ),
    Rule(
        _card(
            "EDI-SERVICE-03",
            "Chorus Pro, « le code service de la structure publique destinataire est inconnu ou inactif »",
            "Le service « {value} » du destinataire {destinataire} est inactif.",
            _ASK_SERVICE,
        ),
        _check_service_active,
    ),
    Rule(
        _card(
            "EDI-SERVICE-04",
            "Chorus Pro, dates de validité du service (dateDebutValidite, dateFinValidite)",
            "Le service « {value} » du destinataire {destinataire} {raison} : il ne reçoit pas le dépôt du "
            "{jour}.",
            _ASK_SERVICE,
        ),
        _check_service_dates,
    ),
    Rule(
        Card(
            "EDI-SERVICE-05",
            Severity.WARNING,
            "REJ_CONT_B2G",
            "EN 16931, BT-10 référence de l'acheteur ; Chorus Pro y lit le code service",
            "La référence de l'acheteur « {value} » n'est pas un code service de {destinataire}{conseil} ; "
            "il n'en demande pas, la facture passe.",
            "Rien à corriger ; si un service était visé, le fournisseur en donne le code la prochaine fois.",
        ),
        _check_reference_is_a_service,
    ),
    Rule(
        _card(
            "EDI-ENGAGEMENT-01",
            "Chorus Pro, règles G3.01 et G3.04 et paramètre GestionEngagement ; BR-FR-CPRO-12",
            "{destinataire} demande un numéro d'engagement et la facture n'en donne pas.",
            _ASK_ENGAGEMENT,
        ),
        _check_engagement_of_structure,
    ),
    Rule(
        _card(
            "EDI-ENGAGEMENT-02",
            "Chorus Pro, paramètre de service GestionEGMT ; BR-FR-CPRO-12",
            "Le service « {service} » du destinataire {destinataire} demande un numéro d'engagement et la "
            "facture n'en donne pas.",
            _ASK_ENGAGEMENT,
        ),
        _check_engagement_of_service,
    ),
    Rule(
        _card(
            "EDI-ENGAGEMENT-03",
            "Chorus Pro, paramètre GestionServiceEngagement ; BR-FR-CPRO-13",
            "{destinataire} demande un code service ou un numéro d'engagement et la facture ne donne ni l'un "
            "ni l'autre.",
            "Le fournisseur demande au destinataire l'un ou l'autre, l'indique et dépose de nouveau la "
            "facture.",
        ),
        _check_either,
    ),
)
