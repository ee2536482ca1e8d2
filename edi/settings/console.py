"""The section of the operators' pages."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from edi import model
from edi.settings.partenaires import SOURCE
from edi.settings.sections import Section


class Groupe(Section):
    """A group of the identity provider, and what it may do here."""

    nom: Annotated[str, Field(min_length=1)]
    role: Literal["lecture", "operateur", "valideur", "administrateur", "fournisseur"]
    deposants: list[str] = []

    @model_validator(mode="after")
    def _suppliers_see_some(self) -> Self:
        if (self.role == "fournisseur") != bool(self.deposants):
            raise ValueError("« deposants » va avec le rôle fournisseur, et avec lui seul")
        return self


class Oidc(Section):
    """The identity provider that vouches for people, by OpenID Connect."""

    emetteur: str = ""  # '': none
    client: str = ""
    secret: Annotated[str, Field(pattern=SOURCE)] = ""
    adresse: str = ""
    libelle: str = "votre compte d'entreprise"
    etendues: list[str] = ["openid", "profile", "email"]
    revendication: str = "groups"
    autorites: str = ""
    delai: Annotated[float, Field(gt=0)] = 10.0
    groupe: list[Groupe] = []

    @field_validator("emetteur", "adresse")
    @classmethod
    def _absolute(cls, value: str) -> str:
        parts = urlsplit(value)
        schemes = ("http", "https") if parts.hostname in ("localhost", "127.0.0.1", "::1") else ("https",)
        if value and not (parts.hostname and parts.scheme in schemes):
            raise ValueError("une adresse s'écrit « https://… » (« http:// » vers cette machine seulement)")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.emetteur and not (self.client and self.secret and self.adresse and self.groupe):
            raise ValueError("avec « emetteur », il faut « client », « secret », « adresse » et un groupe")
        if "openid" not in self.etendues:
            raise ValueError("« etendues » contient « openid »")
        return self

    def as_reglages(self) -> model.ReglagesOidc | None:
        if not self.emetteur:
            return None
        groupes = (
            model.GroupeOidc(one.nom, model.Role[one.role.upper()], frozenset(one.deposants))
            for one in self.groupe
        )
        return model.ReglagesOidc(
            self.emetteur,
            self.client,
            self.secret,
            self.adresse.rstrip("/"),
            self.libelle,
            tuple(self.etendues),
            self.revendication,
            tuple(groupes),
            self.autorites,
            self.delai,
        )


class Console(Section):
    """Where and how operators look at the platform."""

    adresse: str = ""  # host:port; '' for nowhere
    proxy: list[str] = ["127.0.0.1"]  # whose X-Forwarded-For and X-Forwarded-Proto are believed
    inactivite: Annotated[float, Field(ge=60)] = 1_800.0  # seconds
    duree: Annotated[float, Field(ge=60)] = 36_000.0  # seconds
    mots_de_passe: Literal["tous", "administrateurs"] = "tous"  # who may log in by one
    oidc: Oidc = Oidc()

    @field_validator("adresse")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not (host and re.fullmatch(r"\d{1,5}", port) and int(port) < 65_536):
            raise ValueError("une adresse s'écrit « 127.0.0.1:8080 »")
        return value

    @field_validator("proxy")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        for one in value:
            try:
                ip_network(one)
            except ValueError as error:
                raise ValueError(f"« {one} » n'est ni une adresse ni un réseau : « 10.0.0.7 »") from error
        return value

    def as_reglages(self) -> model.ReglagesConsole:
        return model.ReglagesConsole(
            self.adresse,
            tuple(self.proxy),
            timedelta(seconds=self.inactivite),
            timedelta(seconds=self.duree),
            self.oidc.as_reglages(),
            self.mots_de_passe,
        )
