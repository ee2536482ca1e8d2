"""The sections of the configuration: each key with its type, its default and its unit."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from edi import model
from edi.model.confiance import Jalons, ReglagesMoteur

CODE_APPLI = re.compile(r"[A-Z]{3}[0-9]{3}")
_GRAPPE = re.compile(r"dask://([^/:\s\[\]]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
_UNITES = {"o": 1, "ko": 1024, "mo": 1024**2, "go": 1024**3}


def read_size(value: object) -> object:
    """``"120 Mo"`` or a number of bytes -> bytes. Mo and Go are binary, as the portal's own limits."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+)\s*([kmg]?o)?\s*", value.lower())
    if found is None:
        raise ValueError("une taille s'écrit en octets ou avec une unité : 10485760, « 10 Mo », « 1 Go »")
    return int(found[1]) * _UNITES[found[2] or "o"]


Adresse = Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")]  # of mail
Taille = Annotated[int, BeforeValidator(read_size), Field(gt=0)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Plateforme(Section):
    """Who we are in the return flows."""

    code_appli: Annotated[str, Field(pattern=CODE_APPLI.pattern)] = "CPP001"
    libelle: str = "Navette"
    fuseau: str = "Europe/Paris"
    matricule: Annotated[str, Field(pattern=r"^([0-9]{4})?$")] = ""  # of the platform, list 0238

    @field_validator("fuseau")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("un fuseau horaire s'écrit comme « Europe/Paris »") from error
        return value


class Espace(Section):
    """Where the data lie; relative paths start from the workspace."""

    spool: Path = Path("spool")
    base: str = "sqlite:///edi.db"


class Entrepot(Section):
    """Another file system than the spool's for received bytes; none by default."""

    adresse: Annotated[str, Field(pattern=r"^([a-z][a-z0-9+.-]*://.+)?$")] = ""  # s3://seau/dossier
    options: dict[str, Any] = {}  # of the fsspec file system: endpoint_url, anon, ...
    copies: Taille = 20 * 1024**3  # bytes of it that are kept in the spool too


class Collecte(Section):
    """How deposits are taken."""

    intervalle: Annotated[float, Field(gt=0)] = 5.0  # seconds between two scans
    observations: Annotated[int, Field(ge=1)] = 3  # identical observations before a file counts as still
    pas: Annotated[float, Field(gt=0)] = 0.5  # seconds between two observations
    attente_max: Annotated[float, Field(gt=0)] = 3600.0  # seconds that an incomplete deposit is waited for
    tentatives: Annotated[int, Field(ge=1)] = 3  # of a flux that we fail to process
    bail: Annotated[float, Field(ge=3)] = 60.0  # seconds without a heartbeat after which a process is gone
    retenue_jours: Annotated[int, Field(ge=1, le=366)] = 7  # that an operator may hold a flux, at most


class Coordination(Section):
    """How several processes share the work on one workspace."""

    role: Literal["complet", "collecte"] = "complet"
    jugement: Literal["auto", "seul", "partage"] = "auto"


class Limites(Section):
    """How large a thing may be."""

    flux: Taille = 1024**3
    fichier: Taille = 120 * 1024**2
    piece_jointe: Taille = 10 * 1024**2
    factures: Annotated[int, Field(gt=0)] = 500
    entrees: Annotated[int, Field(gt=0)] = 2_000
    ratio: Annotated[int, Field(gt=1)] = 200
    nom_piece_jointe: Annotated[int, Field(gt=4)] = 50
    extensions: list[str] = sorted(model.EXTENSIONS_PIECES_JOINTES)


class Politique(Section):
    """Choices that the facts leave open; see docs/normes.md for the source of each default."""

    mandat: Literal["third_party", "always", "never"] = "third_party"
    mandat_en_cours_vaut_actif: bool = False
    emetteur_edi: Literal["direct", "always", "never"] = "direct"
    unicite: Literal["siren", "identifiant"] = "siren"
    tolerance: Annotated[Decimal, Field(ge=0)] = Decimal("0.01")
    severites: dict[str, Literal["warning", "error"]] = {}

    @field_validator("severites")
    @classmethod
    def _only_ours(cls, value: dict[str, str]) -> dict[str, str]:
        for code in value:
            if not re.fullmatch(r"EDI-[A-Z]+-\d{2}", code):
                raise ValueError(f"« {code} » n'est pas un code de contrôle EDI-<SUJET>-<nn>")
        return value


class Moteur(Section):
    """Where the official rules run."""

    mode: str = "local"  # local, in_process, or dask://host:port
    travailleurs: Annotated[int, Field(ge=0)] = 0  # worker processes; 0: one per processor
    delai: Annotated[float, Field(gt=0)] = 60.0  # seconds that any document may take
    delai_par_mo: Annotated[float, Field(ge=0)] = 30.0  # more, for each Mo it weighs
    attente: Annotated[float, Field(gt=0)] = 15.0  # seconds for which a cluster that is away is waited for
    autorite: str = ""  # PEM files, for a cluster over TLS; relative paths start from the workspace
    certificat: str = ""
    cle: Annotated[str, Field(validate_default=True)] = ""

    @field_validator("mode")
    @classmethod
    def _known_mode(cls, value: str) -> str:
        if value not in ("local", "in_process") and not _GRAPPE.fullmatch(value):
            raise ValueError("valeurs légales : 'local', 'in_process' ou « dask://hôte:8786 »")
        return value

    @field_validator("cle")
    @classmethod
    def _all_or_none(cls, value: str, info: ValidationInfo) -> str:
        given = {bool(value), *(bool(info.data.get(key)) for key in ("autorite", "certificat"))}
        if len(given) > 1:
            raise ValueError("TLS demande les trois : « autorite », « certificat » et « cle »")
        return value

    @property
    def grappe(self) -> str:
        """Where Dask finds its scheduler; '' when this machine judges."""
        if not self.mode.startswith("dask://"):
            return ""
        return f"{'tls' if self.cle else 'tcp'}{self.mode.removeprefix('dask')}"


class Regles(Section):
    """Which form of the official rules judges, and how far the compiled one is trusted."""

    moteur: Literal["compile", "officiel"] = "compile"
    echantillon: Annotated[float, Field(ge=0, le=1)] = 0.01  # of the documents, which both forms judge
    ombre: Annotated[int, Field(ge=1)] = 1_000  # documents before a new sheet decides
    jeunesse: Annotated[int, Field(ge=1)] = 10_000  # documents before only the sample goes to both

    def as_reglages(self) -> ReglagesMoteur:
        officiel = self.moteur == "officiel"
        return ReglagesMoteur(officiel, self.echantillon, Jalons(self.ombre, self.jeunesse))


class Signature(Section):
    """Whose signatures are trusted."""

    ancres: list[Path] = []  # PEM files; relative paths start from the workspace


class Releve(Section):
    """The daily relevés of the déposants."""

    cle: str = (
        ""  # PEM file of our Ed25519 private key; a relative path starts from the workspace; '': unsigned
    )


class Retention(Section):
    """How long things are kept; 0: for ever. See edi/retention/classes.py for what each of them is."""

    essais_jours: Annotated[int, Field(ge=0)] = 30  # answers in statut/test
    restes_jours: Annotated[int, Field(ge=0)] = 90  # RESTE_*.zip in out
    releves_jours: Annotated[int, Field(ge=0)] = 400  # releve-* in statut
    signalements_jours: Annotated[int, Field(ge=0)] = 90  # signalement-* in statut, once settled
    quarantaine_jours: Annotated[int, Field(ge=0)] = 90  # the copy in queue/quarantaine
    originaux_ans: Annotated[int, Field(ge=0)] = 10  # received bytes, from the close of the accounting year
    refuses_ans: Annotated[int, Field(ge=0)] = 5  # of flux_list refused as a whole, from their deposit
    cloture_mois: Annotated[int, Field(ge=1, le=12)] = 12  # the month whose last day closes that year
    automatique: bool = False  # the server too forgets received bytes, at night
    rapports_jours: Annotated[int, Field(ge=0)] = 400  # reports of runs


class Antivirus(Section):
    """The antivirus that sees every deposit before it is accepted."""

    adresse: str = ""  # of clamd: the path of its socket, or host:port; '' for no antivirus
    delai: Annotated[float, Field(gt=0)] = 30.0  # seconds for each exchange with it

    @field_validator("adresse")
    @classmethod
    def _socket_or_port(cls, value: str) -> str:
        if value and "/" not in value and not re.fullmatch(r".+:\d{1,5}", value):
            raise ValueError("une adresse s'écrit « /run/clamav/clamd.ctl » ou « 127.0.0.1:3310 »")
        return value


class Observation(Section):
    """Where `edi serve` says how it stands, to whoever watches over it."""

    adresse: str = ""  # host:port; '' for nowhere

    @field_validator("adresse")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not (host and re.fullmatch(r"\d{1,5}", port) and int(port) < 65_536):
            raise ValueError("une adresse s'écrit « 127.0.0.1:9464 »")
        return value


class CycleDeVie(Section):
    """What the cycle de vie flows say where the public documentation is silent."""

    statut_rejet: Annotated[str, Field(pattern=r"^(0[1-9]|[1-3][0-9]|4[01])$")] = "37"
    suffixe_adresse: Annotated[str, Field(pattern=r"^(_[A-Z0-9_]{1,50})?$")] = "_STATUTS"
    codes: dict[str, str] = {}  # IdStatut -> code of the reform that tells it, "" for none
    motifs: dict[str, str] = {}  # IdStatut -> motif where nobody gave one
    lus: dict[str, str] = {}  # code of the reform -> IdStatut that it means, "" for none
    controle: bool = True  # a message of the reform is judged by the official rules before it leaves
    groupement: Literal["immediat", "nuit"] = "immediat"


class Ppf(Section):
    """The public portal, which gets a copy of the obligatory messages of the reform."""

    code: Annotated[str, Field(pattern=rf"^({CODE_APPLI.pattern})?$")] = ""  # '': it gets none
    libelle: str = "PPF"


class Essais(Section):
    """For rehearsals only."""

    horloge: datetime | None = None  # an instant to be used as now

    @field_validator("horloge", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("horloge")
    @classmethod
    def _with_zone(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("l'instant doit porter son décalage : 2026-11-20T09:00:00+01:00")
        return value
