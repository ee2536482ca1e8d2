"""The configuration: ``config/edi.toml`` and ``EDI_*`` in the environment, read once, handed down as values.

pydantic stands here because foreign text enters here; what leaves are the frozen values of ``edi.model``.
A wrong key or value is told with its place, what was found and what is legal (:class:`SettingsRefused`).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from edi import model

CODE_APPLI = re.compile(r"[A-Z]{3}[0-9]{3}")
_UNITES = {"o": 1, "ko": 1024, "mo": 1024**2, "go": 1024**3}


class SettingsRefused(Exception):
    """The configuration cannot be used; each line of the message names a key, a value and what is legal."""


def read_size(value: object) -> object:
    """``"120 Mo"`` or a number of bytes -> bytes. Mo and Go are binary, as the portal's own limits."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+)\s*([kmg]?o)?\s*", value.lower())
    if found is None:
        raise ValueError("une taille s'écrit en octets ou avec une unité : 10485760, « 10 Mo », « 1 Go »")
    return int(found[1]) * _UNITES[found[2] or "o"]


Taille = Annotated[int, BeforeValidator(read_size), Field(gt=0)]


Suffixe = Annotated[str, Field(pattern=r"^[._-][A-Za-z0-9]{1,16}$")]
ClePublique = Annotated[str, Field(pattern=r"^(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( [^\r\n]*)?$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Plateforme(_Section):
    """Who we are in the return flows."""

    code_appli: Annotated[str, Field(pattern=CODE_APPLI.pattern)] = "CPP001"
    libelle: str = "Navette"
    fuseau: str = "Europe/Paris"

    @field_validator("fuseau")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("un fuseau horaire s'écrit comme « Europe/Paris »") from error
        return value


class Espace(_Section):
    """Where the data lie; relative paths start from the workspace."""

    spool: Path = Path("spool")
    base: str = "sqlite:///edi.db"


class Collecte(_Section):
    """How deposits are taken."""

    intervalle: Annotated[float, Field(gt=0)] = 5.0  # seconds between two scans
    observations: Annotated[int, Field(ge=1)] = 3  # identical observations before a file counts as still
    pas: Annotated[float, Field(gt=0)] = 0.5  # seconds between two observations
    attente_max: Annotated[float, Field(gt=0)] = 3600.0  # seconds that an incomplete deposit is waited for
    tentatives: Annotated[int, Field(ge=1)] = 3  # of a flux that we fail to process
    bail: Annotated[float, Field(ge=3)] = 60.0  # seconds without a heartbeat after which a process is gone


class Limites(_Section):
    """How large a thing may be."""

    flux: Taille = 1024**3
    fichier: Taille = 120 * 1024**2
    piece_jointe: Taille = 10 * 1024**2
    factures: Annotated[int, Field(gt=0)] = 500
    entrees: Annotated[int, Field(gt=0)] = 2_000
    ratio: Annotated[int, Field(gt=1)] = 200
    nom_piece_jointe: Annotated[int, Field(gt=4)] = 50
    extensions: list[str] = sorted(model.EXTENSIONS_PIECES_JOINTES)


class Politique(_Section):
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


class Moteur(_Section):
    """Where the official rules run."""

    mode: Literal["local", "in_process"] = "local"
    travailleurs: Annotated[int, Field(ge=0)] = 0  # worker processes; 0: one per processor
    delai: Annotated[float, Field(gt=0)] = 60.0  # seconds that any document may take
    delai_par_mo: Annotated[float, Field(ge=0)] = 30.0  # more, for each Mo it weighs


class Signature(_Section):
    """Whose signatures are trusted."""

    ancres: list[Path] = []  # PEM files; relative paths start from the workspace


class Antivirus(_Section):
    """The antivirus that sees every deposit before it is accepted."""

    adresse: str = ""  # of clamd: the path of its socket, or host:port; '' for no antivirus
    delai: Annotated[float, Field(gt=0)] = 30.0  # seconds for each exchange with it

    @field_validator("adresse")
    @classmethod
    def _socket_or_port(cls, value: str) -> str:
        if value and "/" not in value and not re.fullmatch(r".+:\d{1,5}", value):
            raise ValueError("une adresse s'écrit « /run/clamav/clamd.ctl » ou « 127.0.0.1:3310 »")
        return value


class CycleDeVie(_Section):
    """What the cycle de vie flows say where the public documentation is silent."""

    statut_rejet: Annotated[str, Field(pattern=r"^(0[1-9]|[1-3][0-9]|4[01])$")] = "37"


class Essais(_Section):
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


class Deposant(_Section):
    """One partner."""

    code: Annotated[str, Field(pattern=CODE_APPLI.pattern)]
    libelle: str = ""
    siret: Annotated[str, Field(pattern=r"^(\d{14})?$")] = ""
    raccordement_actif: bool = True
    emetteur_edi: bool = True
    recoit_cycles_de_vie: bool = True
    format_retour: Literal["cpp"] = "cpp"
    politique: Literal["par_facture", "tout_ou_rien"] = "par_facture"
    signature: Literal["facultative", "exigee"] = "facultative"
    readiness: Literal["renommage", "temoin", "manifeste", "archive", "immobilite"] = "immobilite"
    temoins: Annotated[list[Suffixe], Field(min_length=1)] = [".ok", ".done"]
    attente_max: Annotated[float, Field(gt=0)] | None = None  # None: that of [collecte]
    protocoles: list[Literal["sftp", "as2", "pesit"]] = ["sftp"]
    utilisateur: Annotated[str, Field(pattern=r"^([a-z_][a-z0-9_-]{0,31})?$")] = ""
    cles: list[ClePublique] = []


_SOURCE = r"^(env:[A-Za-z_][A-Za-z0-9_]*|fichier:.+)?$"  # of a secret


class DossierDistant(_Section):
    """What is done for one déposant on a server."""

    deposant: Annotated[str, Field(pattern=CODE_APPLI.pattern)]
    entree: str = ""
    noms: list[str] = ["*"]
    apres: Literal["laisser", "deplacer", "supprimer"] = "laisser"
    deplacer_vers: str = ""
    manifeste: str = ""
    sortie: str = ""
    out_local: bool = True

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.entree and not self.sortie:
            raise ValueError("il faut « entree » (où prendre), « sortie » (où déposer), ou les deux")
        if (self.apres == "deplacer") != bool(self.deplacer_vers):
            raise ValueError("« deplacer_vers » va avec apres = « deplacer », et avec lui seul")
        return self


class Serveur(_Section):
    """An SFTP server of a partner."""

    nom: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    hote: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    utilisateur: Annotated[str, Field(min_length=1)]
    empreinte: str = ""
    cle: str = ""
    phrase: Annotated[str, Field(pattern=_SOURCE)] = ""
    mot_de_passe: Annotated[str, Field(pattern=_SOURCE)] = ""
    intervalle: Annotated[float, Field(gt=0)] = 60.0
    delai: Annotated[float, Field(gt=0)] = 30.0
    connexions: Annotated[int, Field(ge=1, le=16)] = 2
    observations: Annotated[int, Field(ge=2)] = 2
    pas: Annotated[float, Field(gt=0)] = 2.0
    renommage: bool = True
    liste: bool = True
    dossier: Annotated[list[DossierDistant], Field(min_length=1)]

    @field_validator("empreinte")
    @classmethod
    def _is_a_key(cls, value: str) -> str:
        try:
            model.pinned(value)
        except ValueError as error:
            raise ValueError(
                "une empreinte s'écrit « SHA256:… » (43 caractères), ou « ssh-ed25519 AAAA… » en entier"
            ) from error
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.cle and not self.mot_de_passe:
            raise ValueError("il faut « cle » (une clé privée), ou « mot_de_passe »")
        for dossier in self.dossier:
            if not self.liste and any(set(nom) & set("*?[") for nom in dossier.noms):
                raise ValueError(
                    "sans liste (liste = false), « noms » donne des noms entiers : ni *, ni ?, ni ["
                )
        return self


class Settings(BaseSettings):
    """Everything an operator may set. The environment (``EDI_COLLECTE__INTERVALLE=1``) wins over the file."""

    model_config = SettingsConfigDict(
        env_prefix="EDI_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    plateforme: Plateforme = Plateforme()
    espace: Espace = Espace()
    collecte: Collecte = Collecte()
    limites: Limites = Limites()
    politique: Politique = Politique()
    moteur: Moteur = Moteur()
    signature: Signature = Signature()
    antivirus: Antivirus = Antivirus()
    cycle_de_vie: CycleDeVie = CycleDeVie()
    essais: Essais = Essais()
    deposant: list[Deposant] = []
    serveur: list[Serveur] = []

    _ancres: tuple[bytes, ...] = PrivateAttr(())

    @field_validator("deposant")
    @classmethod
    def _distinct(cls, value: list[Deposant]) -> list[Deposant]:
        codes = [deposant.code for deposant in value]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"le code appli {', '.join(twice)} est déclaré deux fois")
        return value

    @model_validator(mode="after")
    def _servers_fit(self) -> Self:
        noms = [serveur.nom for serveur in self.serveur]
        if twice := sorted({nom for nom in noms if noms.count(nom) > 1}):
            raise ValueError(f"le serveur {', '.join(twice)} est déclaré deux fois")
        dossiers = [dossier for serveur in self.serveur for dossier in serveur.dossier]
        if unknown := sorted({d.deposant for d in dossiers} - {d.code for d in self.deposant}):
            raise ValueError(f"un serveur nomme un déposant qui n'est pas déclaré : {', '.join(unknown)}")
        sorties = [d.deposant for d in dossiers if d.sortie]
        if twice := sorted({code for code in sorties if sorties.count(code) > 1}):
            raise ValueError(f"{', '.join(twice)} : deux dossiers « sortie » ; il en faut un seul")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def fuseau(self) -> ZoneInfo:
        return ZoneInfo(self.plateforme.fuseau)

    @property
    def deposants(self) -> Mapping[str, model.Deposant]:
        sorties = {d.deposant: d for serveur in self.serveur for d in serveur.dossier if d.sortie}
        return {
            d.code: model.Deposant(
                **{
                    **d.model_dump(),
                    "temoins": tuple(d.temoins),
                    "protocoles": tuple(d.protocoles),
                    "cles": tuple(d.cles),
                },
                pousse=d.code in sorties,
                out_local=d.code not in sorties or sorties[d.code].out_local,
            )
            for d in self.deposant
        }

    @property
    def serveurs(self) -> tuple[model.Serveur, ...]:
        return tuple(
            model.Serveur(
                **serveur.model_dump(exclude={"dossier"}),
                dossiers=tuple(
                    model.Dossier(**{**d.model_dump(), "noms": tuple(d.noms)}) for d in serveur.dossier
                ),
            )
            for serveur in self.serveur
        )

    def as_limites(self) -> model.Limites:
        values = self.limites.model_dump()
        return model.Limites(
            **{**values, "extensions": frozenset(e.upper().lstrip(".") for e in values["extensions"])}
        )

    def as_politique(self) -> model.Politique:
        values = self.politique.model_dump()
        severites = {code: model.Severity[name.upper()] for code, name in values["severites"].items()}
        return model.Politique(**{**values, "severites": severites, "ancres": self._ancres})


def read_settings(path: Path) -> Settings:
    """The settings of one TOML file, of what it names, and of the environment. Raises SettingsRefused.

    It lies in the folder ``config`` of its workspace.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsRefused(f"{path} : illisible ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"{path} : ce n'est pas du TOML valable ({error})") from error
    settings = build_settings(raw, str(path))
    settings._ancres = _read_ancres(settings.signature.ancres, path)
    return settings


def _read_ancres(ancres: Sequence[Path], origin: Path) -> tuple[bytes, ...]:
    """The certificates of some PEM files, each as PEM. Raises SettingsRefused."""
    if not ancres:
        return ()
    from cryptography import x509  # slow to load, and most have no anchor
    from cryptography.hazmat.primitives.serialization import Encoding

    found, faults = [], []
    for ancre in ancres:
        told = f"{origin} : la clé « signature.ancres » nomme « {ancre} »"
        try:
            data = (origin.parent.parent / ancre).read_bytes()
            found += [cert.public_bytes(Encoding.PEM) for cert in x509.load_pem_x509_certificates(data)]
        except OSError as error:
            faults.append(f"{told}, qui est illisible ({error.strerror})")
        except ValueError:
            faults.append(f"{told}, qui n'est pas un certificat PEM (« -----BEGIN CERTIFICATE----- »)")
    if faults:
        raise SettingsRefused("\n".join(faults))
    return tuple(found)


def build_settings(raw: Mapping[str, Any], origin: str) -> Settings:
    """The settings of a mapping and the environment. Raises SettingsRefused."""
    try:
        return Settings(**raw)
    except SettingsError as error:  # a section of the environment that is not JSON
        raise SettingsRefused(f"environnement : {error} ; une section s'y écrit en JSON") from error
    except ValidationError as error:
        lines = [f"{origin} : {_explain(dict(fault))}" for fault in error.errors()]
        raise SettingsRefused("\n".join(lines)) from error


def _explain(fault: dict[str, Any]) -> str:
    """One French line for one pydantic error: key, value found, what is legal."""
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "value_error" and isinstance(fault["input"], dict | BaseModel):  # of several keys
        return f"{f'[[{key}]] : ' if key else ''}{fault['ctx']['error']}"
    if fault["type"] == "extra_forbidden":
        legal = _legal_keys(fault["loc"])
        near = difflib.get_close_matches(str(fault["loc"][-1]), legal, n=1)
        hint = f" ; vouliez-vous « {near[0]} » ?" if near else f" ; clés légales : {', '.join(legal)}"
        return f"la clé « {key} » est inconnue (valeur « {fault['input']} »){hint}"
    if fault["type"] == "missing":
        return f"la clé « {key} » manque"
    context = fault.get("ctx", {})
    legal_value = {
        "literal_error": f"valeurs légales : {context.get('expected', '').replace(' or ', ' ou ')}",
        "string_pattern_mismatch": f"forme légale : {context.get('pattern', '')}",
        "int_parsing": "un nombre entier est attendu",
        "int_type": "un nombre entier est attendu",
        "float_parsing": "un nombre est attendu",
        "bool_parsing": "true ou false est attendu",
        "bool_type": "true ou false est attendu",
        "greater_than": f"un nombre plus grand que {context.get('gt')} est attendu",
        "greater_than_equal": f"un nombre d'au moins {context.get('ge')} est attendu",
        "value_error": str(context.get("error", "")),
    }.get(fault["type"], fault["msg"])
    return f"la clé « {key} » a la valeur « {fault['input']} » ; {legal_value}"


def _legal_keys(loc: tuple[Any, ...]) -> list[str]:
    fields = Settings.model_fields
    for part in loc[:-1]:
        if isinstance(part, int):
            continue
        annotation: Any = fields[part].annotation
        inner = getattr(annotation, "__args__", (annotation,))[0]
        fields = inner.model_fields
    return sorted(fields)
