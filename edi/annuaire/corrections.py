"""Correcting the annuaire by hand: what may be said, and what the next import makes of it.

The official import has the last word: it replaces what was corrected. A correction with a day is made again
after each import until then, unless an import comes to say the same: then it has done its work and ends.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from edi.annuaire.champs import SERVICE, STRUCTURE
from edi.model import SIRET, Identifiant, Service, Structure
from edi.model.corrections import MAINTIEN, Correction, Maintien
from edi.model.gestes import GesteRefuse
from edi.model.journal import GenreEcriture
from edi.store import annuaire, corrections, journal
from edi.store.annuaire import CORRECTION, Import

_LONG = 100  # characters of the code of a service


def correct(conn: Connection, asked: Correction, at: datetime, jour: date, par: str) -> int:
    """Write what somebody says, as an import of its own; how many fields it changed. Raises GesteRefuse."""
    _check_day(asked, jour)
    value, depuis = _find(conn, asked)
    if asked.vu is not None and asked.vu != depuis:
        raise GesteRefuse(
            "l'annuaire a changé depuis que cette page a été affichée : revenez à la structure, regardez ce "
            "qu'il dit maintenant, et corrigez-le si c'est encore nécessaire"
        )
    known = {champ.nom for champ in (SERVICE if isinstance(value, Service) else STRUCTURE)}
    if unknown := sorted(asked.champs.keys() - known):
        raise GesteRefuse(f"« {', '.join(unknown)} » ne se corrige pas")
    said: dict[str, Any] = {
        name: wanted for name, wanted in asked.champs.items() if asked.ajout or getattr(value, name) != wanted
    }
    if not said:
        raise GesteRefuse("rien ne change : l'annuaire dit déjà cela")
    value = replace(value, **said)
    if isinstance(value, Service) and value.debut and value.fin and value.fin < value.debut:
        raise GesteRefuse(f"un service ne finit pas le {value.fin:%d/%m/%Y}, avant d'avoir commencé")
    done = Import(at, _name(asked.identifiant, asked.service), "", CORRECTION, len(said), par, asked.raison)
    import_id = annuaire.begin_import(conn, done)
    corrections.write(conn, value, import_id)
    corrections.record(conn, import_id, replace(asked, champs=said), at)
    journal.tell(conn, GenreEcriture.IMPORT, [import_id], par)
    return len(said)


def maintain(conn: Connection, nature: str, at: datetime, jour: date) -> int:
    """After an import of structures, or of services: make again what it does not undo; how many."""
    made = 0
    for one in corrections.standing(conn, jour):
        if bool(one.service) == (nature == annuaire.SERVICES):
            made += _maintain(conn, one, at)
    return made


def _maintain(conn: Connection, one: Maintien, at: datetime) -> bool:
    found = (
        corrections.find_service(conn, one.identifiant.valeur, one.service)
        if one.service
        else corrections.find_structure(conn, one.identifiant)
    )
    if (found is None) != one.ajout:  # what was added is there now, or what was corrected is there no longer
        corrections.end(conn, one.import_id, one.champs, at)
        return False
    value: Structure | Service = found[0] if found else Service(one.identifiant.valeur, one.service)
    differ: dict[str, Any] = {name: said for name, said in one.champs.items() if getattr(value, name) != said}
    if not one.ajout:
        corrections.end(conn, one.import_id, one.champs.keys() - differ.keys(), at)
    if not differ and not one.ajout:
        return False
    who = f" de {one.par}" if one.par else ""
    raison = f"correction{who} maintenue jusqu'au {one.jusqu_au:%d/%m/%Y} : {one.raison}"
    sujet = _name(one.identifiant, one.service)
    import_id = annuaire.begin_import(conn, Import(at, sujet, "", CORRECTION, len(differ), "", raison))
    corrections.write(conn, replace(value, **differ), import_id)
    journal.tell(conn, GenreEcriture.IMPORT, [import_id])
    return True


def _check_day(asked: Correction, jour: date) -> None:
    if asked.jusqu_au is None or jour <= asked.jusqu_au <= jour + MAINTIEN:
        return
    raise GesteRefuse(
        f"une correction se maintient jusqu'au {jour + MAINTIEN:%d/%m/%Y} au plus tard, et pas avant "
        f"aujourd'hui ; {asked.jusqu_au:%d/%m/%Y} n'est pas entre les deux"
    )


def _find(conn: Connection, asked: Correction) -> tuple[Structure | Service, int]:
    """What is to be corrected, and the import since which it reads so."""
    structure = corrections.find_structure(conn, asked.identifiant)
    if structure is None:
        raise GesteRefuse(f"la structure {asked.identifiant} n'est pas dans l'annuaire : importez-le d'abord")
    if not asked.service and not asked.ajout:
        return structure
    if asked.identifiant.type != SIRET:
        raise GesteRefuse("seule une structure qui a un SIRET a des services")
    found = corrections.find_service(conn, asked.identifiant.valeur, asked.service)
    if not asked.ajout:
        if found is None:
            raise GesteRefuse(
                f"la structure {asked.identifiant} n'a pas de service « {asked.service} » : pour l'y mettre, "
                "dites que c'est un ajout"
            )
        return found
    if found is not None:
        raise GesteRefuse(f"le service « {asked.service} » existe déjà : corrigez-le")
    if not asked.service or len(asked.service) > _LONG or not asked.service.isprintable():
        raise GesteRefuse(f"un code service a de 1 à {_LONG} caractères")
    return Service(asked.identifiant.valeur, asked.service), asked.vu or 0


def _name(identifiant: Identifiant, service: str) -> str:
    """What is corrected, as the journal and the history name it."""
    return f"{identifiant}, service {service}" if service else str(identifiant)
