"""What a structure asks of an invoice, in words."""

from __future__ import annotations

from datetime import date

from edi.model import Service, Structure


def tell_obligations(structure: Structure) -> tuple[str, ...]:
    """One French sentence for each thing that an invoice to this structure must bear, or that bars it."""
    told = []
    if not structure.active:
        told.append("Structure inactive : elle ne reçoit plus de facture.")
    if structure.moa_uniquement:
        told.append("Maître d'ouvrage uniquement : elle ne reçoit que des factures de travaux.")
    if structure.gestion_service:
        told.append("Le code service est obligatoire.")
    if structure.gestion_engagement:
        told.append("Le numéro d'engagement est obligatoire.")
    if structure.gestion_service_engagement:
        told.append("Le code service ou le numéro d'engagement est obligatoire.")
    return tuple(told) or ("Ni code service ni numéro d'engagement n'est obligatoire.",)


def tell_etat(service: Service, jour: date) -> str:
    """Whether a service can be named in an invoice deposited on ``jour``."""
    if not service.actif:
        return "Inactif"
    if service.debut is not None and jour < service.debut:
        return f"Actif à partir du {service.debut:%d/%m/%Y}"
    if service.fin is not None and jour > service.fin:
        return f"Clos depuis le {service.fin:%d/%m/%Y}"
    return "Actif" if service.fin is None else f"Actif jusqu'au {service.fin:%d/%m/%Y}"
