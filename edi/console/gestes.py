"""What the pages may have done, as the application hands it in: a few functions, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from edi.model import (
    Alerte,
    DepotVoulu,
    Emission,
    EssaiManuel,
    Explication,
    Facsimile,
    FactureDeposee,
    Fichier,
    Flux,
    Jeton,
    Liasse,
    Mandat,
    RejeuLance,
    Role,
    Utilisateur,
    Versement,
)
from edi.model.corrections import Correction, Maintien
from edi.model.jugements_main import JugementMain
from edi.model.mandats import DemandeMandat, Souscription
from edi.model.plateforme import AttenduVu, CanalVu, DeposantVu, NuitVue
from edi.model.regles import Difference, JeuVu, RegleVue
from edi.model.retenues import Retenue
from edi.store.disjoncteurs import Declenchement
from edi.store.rejets import Choix


@dataclass(frozen=True, slots=True)
class Plateforme:
    """What the pages of the platform show, and the acts of who looks after it. Acts raise GesteRefuse."""

    deposants: Callable[[], Sequence[DeposantVu]]
    canaux: Callable[[Connection], Sequence[CanalVu]]
    attendus: Callable[[Connection, str], Sequence[AttenduVu]]  # of one, with its windows; '': of all
    jeux: Callable[[], Sequence[JeuVu]]
    compare: Callable[[str, str], Difference | None]  # pack and version, beside the one in force
    catalogue: Callable[[], Sequence[RegleVue]]
    nuits: Callable[[Connection], Sequence[NuitVue]]
    rapport: Callable[
        [Connection, int, str], tuple[str, str] | None
    ]  # of a run: name, text; see write_report
    pause_nuit: Callable[[str, str, str], object]  # job, reason, who
    reprend_nuit: Callable[[str, str, str, bool], object]  # job, reason, who; make the pause good


@dataclass(frozen=True, slots=True)
class Manuel:
    """Deposits by hand."""

    deposants: Mapping[str, str]  # code appli -> name, of those that deposit
    limite: int  # bytes of a file
    open_versement: Callable[[], AbstractContextManager[Versement]]
    try_out: Callable[[DepotVoulu, Versement], EssaiManuel]  # raises GesteRefuse
    deposit: Callable[[DepotVoulu, Versement, str], int]  # by somebody; its number. Raises GesteRefuse


@dataclass(frozen=True, slots=True)
class Referentiel:
    """What people do to the annuaire and to mandats; each is told who does it, and may raise GesteRefuse."""

    correct: Callable[[Correction, str], int]  # how many fields it changed
    release: Callable[[int, str, str], Maintien]  # a correction, why, who: imports undo it again
    give_mandat: Callable[[Souscription, str], Mandat]
    act_on_mandat: Callable[[DemandeMandat, str], Mandat]
    count_cured: Callable[[], int]  # rejected invoices that the registry of today would let pass; no less


@dataclass(frozen=True, slots=True)
class Gestes:
    """The commands of the console."""

    find_blob: Callable[[str], Path]  # where the bytes of a sha256 lie
    make_facsimile: Callable[[FactureDeposee], Facsimile | None]  # None: its bytes cannot be read any more
    find_document: Callable[[FactureDeposee, int | None], Fichier | None]  # its file; an attachment, from 0
    describe_pdf: Callable[[bytes], Liasse]  # raises PdfNonMontre
    draw_pdf: Callable[[bytes, int], bytes]  # a page, from 1, as WebP; raises PdfNonMontre
    make_retour: Callable[[Emission], bytes | None]  # a return flow again; None: it would not be the same
    # The platform: how it stands, read within the transaction of a page; what people do to it.
    plateforme: Plateforme
    manuel: Manuel
    referentiel: Referentiel  # annuaire and mandats
    # tokens of programs; each raises GesteRefuse
    create_jeton: Callable[[str, Role, Collection[str], int, str], tuple[Jeton, str]]  # with its secret
    revoke_jeton: Callable[[Jeton, str], None]
    set_access: Callable[
        [Utilisateur, bool, Utilisateur], Utilisateur
    ]  # whose, open or not, who; GesteRefuse
    # what operators do; each raises GesteRefuse
    look_after: Callable[[int, str, timedelta, str], Alerte]  # alert, reason, for how long, who
    send_again: Callable[[Emission, str, str], str]  # return flow, reason, who; where it goes
    relaunch: Callable[[Flux, str, str], object]  # held flux, reason, who
    take_up: Callable[[Flux, str, str], Flux]  # quarantined flux, reason, who; the new one
    abandon: Callable[[Flux, str, str], None]  # quarantined flux, reason, who
    hold_flux: Callable[[Flux, str, timedelta, str], Retenue]  # flux, reason, for how long, who
    hold_deposant: Callable[[str, str, timedelta, str], Retenue]  # code appli, reason, for how long, who
    release: Callable[[int, str, str], int]  # retenue, reason, who; how many flux go on
    propose: Callable[[int, str, str, str, str], JugementMain]  # of what waits, issue, motif, reason, who
    answer: Callable[[int, bool, str, str], JugementMain]  # a proposal, confirmed or not, reason, who
    withdraw: Callable[[int, str, str], JugementMain]  # a proposal, reason, who made it
    motifs: Mapping[str, str]  # that an invoice is rejected with
    say_of_rule: Callable[[int, str, str, str], Declenchement]  # breaker, what it is worth, reason, who
    # Rejets, and judging again; what begins one raises GesteRefuse.
    explain_rule: Callable[[str], Explication | None]  # None: not a code of ours
    try_replay: Callable[[str, str, str, Choix], int]  # who, what in French, its page; an id
    accept_replay: Callable[[RejeuLance, str, str], int]  # what passed in a dry run: who, why
    is_replaying: Callable[[RejeuLance], bool]
    close: Callable[[], None]  # ends what was begun; the server stops
