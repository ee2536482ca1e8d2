"""The sections of what is watched: the breaker of rules, alerts and the ways they are told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from edi import model
from edi.settings.partenaires import SOURCE
from edi.settings.sections import Adresse, Section, Taille

_HERE = ("localhost", "127.0.0.1", "::1")


class Disjoncteur(Section):
    """When a rule that suddenly refuses is held to be wrong, until an operator has looked."""

    actif: bool = True
    factures: Annotated[int, Field(ge=1)] = 20
    fournisseurs: Annotated[int, Field(ge=1)] = 3
    deposants: Annotated[int, Field(ge=1)] = 2
    facteur: Annotated[float, Field(gt=1)] = 5.0
    plancher: Annotated[float, Field(gt=0, lt=1)] = 0.02
    fenetre: Annotated[float, Field(gt=0)] = 24.0  # hours
    periode: Annotated[float, Field(gt=0)] = 30.0  # days
    repos: Annotated[float, Field(ge=0)] = 7.0  # days
    exceptions: list[str] = ["EDI-DOUBLON-01", "EDI-DOUBLON-02"]

    @model_validator(mode="after")
    def _window_in_period(self) -> Self:
        if self.fenetre >= self.periode * 24:
            raise ValueError("« fenetre » (en heures) est plus courte que « periode » (en jours)")
        return self

    def as_seuils(self) -> model.Seuils:
        values = self.model_dump()
        return model.Seuils(
            **{
                **values,
                "fenetre": timedelta(hours=self.fenetre),
                "periode": timedelta(days=self.periode),
                "repos": timedelta(days=self.repos),
                "exceptions": frozenset(self.exceptions),
            }
        )


class Courriel(Section):
    """The mail server that alerts leave by."""

    hote: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    securite: Literal["starttls", "tls", "aucune"] = "starttls"
    utilisateur: str = ""
    mot_de_passe: Annotated[str, Field(pattern=SOURCE)] = ""
    autorites: str = ""
    de: Annotated[str, Field(pattern=r"^([^@\s<>,;]+@[^@\s<>,;]+)?$")] = ""
    a: list[Adresse] = []
    delai: Annotated[float, Field(gt=0)] = 30.0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.hote and not (self.de and self.a):
            raise ValueError("avec « hote », il faut « de » (l'expéditeur) et « a » (les destinataires)")
        if bool(self.utilisateur) != bool(self.mot_de_passe):
            raise ValueError("« utilisateur » et « mot_de_passe » vont ensemble")
        if self.securite == "aucune" and (self.utilisateur or self.hote not in ("", *_HERE)):
            raise ValueError("rien ne part en clair de cette machine : securite = « starttls » ou « tls »")
        return self


class Webhook(Section):
    """A program that alerts are posted to."""

    nom: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    url: str
    secret: Annotated[str, Field(pattern=SOURCE, min_length=1)]
    autorites: str = ""
    delai: Annotated[float, Field(gt=0)] = 10.0

    @field_validator("url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        parts = urlsplit(value)
        here = parts.hostname in _HERE
        if not parts.hostname or parts.scheme not in (("http", "https") if here else ("https",)):
            raise ValueError("une adresse s'écrit « https://… » (« http:// » vers cette machine seulement)")
        if parts.username or re.search(r"\s", value):
            raise ValueError("ni mot de passe ni blanc dans l'adresse ; le secret va dans « secret »")
        return value


class Attendus(Section):
    """When a déposant, and then an operator, is told that an expected deposit is not as it should be."""

    tolerance: Annotated[float, Field(ge=0)] = 900.0  # seconds after the close of a window
    delai: Annotated[float, Field(ge=0)] = 3_600.0  # seconds after the déposant was told


class Alertes(Section):
    """When somebody is told that something is wrong."""

    intervalle: Annotated[float, Field(gt=0)] = 60.0  # seconds
    tenue: Annotated[float, Field(ge=0)] = 120.0
    retombee: Annotated[float, Field(ge=0)] = 600.0
    rappel: Annotated[float, Field(gt=0)] = 14_400.0
    place: Taille = 2 * 1024**3
    canal: Annotated[float, Field(ge=0)] = 1_800.0  # seconds
    indecises: Annotated[float, Field(ge=0)] = 14_400.0  # seconds
    silence: bool = True
    courriel: Courriel = Courriel()
    webhook: list[Webhook] = []

    @field_validator("webhook")
    @classmethod
    def _distinct(cls, value: list[Webhook]) -> list[Webhook]:
        names = [webhook.nom for webhook in value]
        if twice := sorted({nom for nom in names if names.count(nom) > 1} | ({"courriel"} & set(names))):
            raise ValueError(f"le nom {', '.join(twice)} est déjà pris")
        return value

    def as_alertes(self, delai: timedelta, written: Mapping[str, tuple[str, ...]]) -> model.Alertes:
        """``delai``: after a déposant was told; ``written``: those that have addresses, by code."""
        canaux: list[model.Courriel | model.Crochet] = []
        deposants: list[model.Courriel] = []
        if self.courriel.hote:
            mail = model.Courriel(**{**self.courriel.model_dump(), "a": tuple(self.courriel.a)})
            canaux.append(mail)
            deposants = [replace(mail, pour=code, a=a) for code, a in sorted(written.items())]
        canaux += [model.Crochet(**webhook.model_dump()) for webhook in self.webhook]
        return model.Alertes(
            self.intervalle,
            model.Rythme(
                timedelta(seconds=self.tenue),
                timedelta(seconds=self.retombee),
                timedelta(seconds=self.rappel),
            ),
            model.Bornes(
                self.place,
                timedelta(seconds=self.canal),
                timedelta(seconds=self.indecises),
                self.silence,
                delai,
            ),
            tuple(canaux),
            tuple(deposants),
        )
