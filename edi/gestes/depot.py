"""A deposit by hand: a file handed in through a page becomes a flux in its déposant's ``in``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from edi.espace import Espace
from edi.manuel.flux import companions, flux_id, flux_name, tell_origine, write_mixte
from edi.manuel.minimum import read_minimum
from edi.manuel.nature import Reconnu, recognise_file
from edi.model import (
    SIRET,
    ChampsRefuses,
    Deposant,
    DepotManuel,
    DepotVoulu,
    EssaiManuel,
    FichierRefuse,
    FluxStatut,
    GenreDepot,
    Identifiant,
    LotJuge,
    Minimum,
    Versement,
)
from edi.model.gestes import GesteRefuse
from edi.store import annuaire, depots_manuels, journal
from edi.store.database import reading

# Judges a file under a name as a deposit of that partner would be; what came of it, or why there is nothing.
Judge = Callable[[Path, str, Deposant], tuple[LotJuge, BaseException | None]]

_REFUSES = (FluxStatut.REJETE, FluxStatut.IRRECEVABLE)
_DELAI = timedelta(hours=1)  # within which a deposit that is under way ends
_A_BLANC = 0  # the number of a flux that is not deposited


def deposit_by_hand(espace: Espace, voulu: DepotVoulu, versement: Versement, par: str) -> int:
    """Put what was handed in into ``in``, under a name of ours; the number of the deposit.

    It is booked and told first, so that no flux is ever without its author; then the file appears in one
    rename. Raises GesteRefuse, before anything is booked; or after it, when the disk fails.
    """
    deposant = _find_deposant(espace, voulu.appli)
    voulu = replace(voulu, origine=tell_origine(voulu.origine))
    if not voulu.raison.strip():
        raise ChampsRefuses({"raison": "Dites pourquoi ce dépôt se fait à la main."})
    reconnu, minimum = _read(espace, voulu, versement)
    at = espace.now()
    with espace.engine.begin() as conn:
        _refuse_again(depots_manuels.of_bytes(conn, voulu.appli, versement.sha256))
        number = depots_manuels.book(
            conn,
            voulu,
            versement,
            genre=reconnu.genre,
            interface=reconnu.interface,
            signe=reconnu.signe,
            par=par,
            at=at,
        )
        nom = flux_name(voulu.appli, reconnu, number)
        depots_manuels.give_name(conn, number, nom)
        told = {"raison": voulu.raison, "sha256": versement.sha256, "depot": number}
        journal.note_act(conn, "depot-manuel", nom, at, par=par, detail=told)
    try:
        with _flux_of(espace, voulu, versement, reconnu, minimum, number) as flux:
            beside = companions(deposant, nom, flux.sha256, flux.taille)
            espace.spool.put_down(flux, voulu.appli, nom, beside)
    except OSError as error:
        raise GesteRefuse(
            f"Le fichier n'a pas pu être posé ({error.strerror}) : rien n'a été déposé. "
            "Prévenez l'exploitation, puis recommencez."
        ) from error
    with espace.engine.begin() as conn:
        depots_manuels.mark_put(conn, number, espace.now())
    return number


def tidy_interrupted(espace: Espace) -> None:
    """Take away the done files and manifests of deposits that an interruption kept from being put down."""
    with reading(espace.engine) as conn:
        left = depots_manuels.interrupted(conn, espace.now() - _DELAI)
    for one in left:
        deposant = espace.settings.deposants.get(one.appli)
        if deposant is None or one.nom in espace.spool.listing(one.appli):
            continue  # put down after all: it will be taken
        for nom, _ in companions(deposant, one.nom, "", 0):
            espace.spool.withdraw(one.appli, nom, "in")


def try_by_hand(espace: Espace, voulu: DepotVoulu, versement: Versement, judge: Judge) -> EssaiManuel:
    """What the same deposit would be told; nothing is recorded and nothing stays. Raises GesteRefuse."""
    deposant = _find_deposant(espace, voulu.appli)
    reconnu, minimum = _read(espace, voulu, versement)
    with _flux_of(espace, voulu, versement, reconnu, minimum, _A_BLANC) as flux:
        flux.close()
        lot, error = judge(flux.path, flux_name(voulu.appli, reconnu, _A_BLANC), deposant)
    incident = "" if error is None else f"{type(error).__name__} : {str(error).partition(chr(10))[0]}"
    return EssaiManuel(
        reconnu.genre, reconnu.interface, reconnu.signe, tell_origine(voulu.origine), lot, incident
    )


def _find_deposant(espace: Espace, appli: str) -> Deposant:
    found = espace.settings.deposants.get(appli)
    if found is None:
        raise ChampsRefuses({"deposant": "Choisissez le déposant."})
    return found


def _read(espace: Espace, voulu: DepotVoulu, versement: Versement) -> tuple[Reconnu, Minimum | None]:
    """What was handed in is, and what was typed beside it where that is needed. Raises GesteRefuse."""
    versement.close()
    limites = espace.settings.as_limites()
    if versement.taille > limites.flux:
        raise FichierRefuse("Ce fichier est trop gros : rien n'a été déposé.")
    reconnu = recognise_file(versement.path, voulu.origine, limites)
    if reconnu.genre is not GenreDepot.PDF:
        return reconnu, None

    def name_of(siret: str) -> str:
        wanted = Identifiant(SIRET, siret)
        with reading(espace.engine) as conn:
            found = annuaire.structures_named(conn, [wanted]).get(wanted)
        return found.nom if found else ""

    return reconnu, read_minimum(voulu.saisi, name_of)


@contextmanager
def _flux_of(
    espace: Espace,
    voulu: DepotVoulu,
    versement: Versement,
    reconnu: Reconnu,
    minimum: Minimum | None,
    number: int,
) -> Iterator[Versement]:
    """The bytes of the flux: those that were handed in, or a mixed invoice that carries them."""
    if minimum is None:
        yield versement
        return
    data = write_mixte(
        minimum,
        versement.path.read_bytes(),
        voulu.origine,
        voulu.appli,
        espace.settings.plateforme.code_appli,
        flux_id(voulu.appli, reconnu.interface, number),
        espace.today(),
    )
    with espace.spool.open_versement() as made:
        made.write(data)
        yield made


def _refuse_again(before: list[DepotManuel]) -> None:
    """The very same file, while its deposit stands. Raises GesteRefuse."""
    standing = next((d for d in before if d.flux_id is not None or d.pose_le is not None), None)
    if standing is not None and standing.statut not in _REFUSES:
        raise GesteRefuse(
            f"Ce même fichier a déjà été déposé ici (dépôt n° {standing.id}), et ce dépôt n'est pas rejeté : "
            "suivez-le dans la liste des dépôts."
        )
