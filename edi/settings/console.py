"""The section of the operators' pages."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated

from pydantic import Field, field_validator

from edi import model
from edi.settings.sections import Section


class Console(Section):
    """Where and how operators look at the platform."""

    adresse: str = ""  # host:port; '' for nowhere
    proxy: list[str] = ["127.0.0.1"]  # whose X-Forwarded-For and X-Forwarded-Proto are believed
    inactivite: Annotated[float, Field(ge=60)] = 1_800.0  # seconds
    duree: Annotated[float, Field(ge=60)] = 36_000.0  # seconds

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
        )
