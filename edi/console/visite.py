"""One request as pages see it: who asks, what may be read for them, how an answer is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment
from sqlalchemy import Connection, Engine

from edi.console.connexion import Entree, Visiteur
from edi.console.gestes import Gestes
from edi.console.memoire import Memoire
from edi.console.oidc import Fournisseur
from edi.model import Portee, ReglagesConsole
from edi.store.database import reading

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True)
class Console:
    """Everything the pages are made of; one for the life of a server."""

    base: Engine
    reglages: ReglagesConsole
    plateforme: str
    fuseau: ZoneInfo
    deposants: Mapping[str, str]  # code appli -> name
    now: Callable[[], datetime]
    horloge: Callable[[], datetime]  # the real one: sessions live by it
    gestes: Gestes
    oidc: Fournisseur | None = None

    @property
    def entree(self) -> Entree:
        """The door."""
        return Entree(self.base, self.reglages, self.horloge)


@dataclass(frozen=True)
class Visite:
    """One request."""

    request: Request
    console: Console
    gabarits: Environment
    memoire: Memoire
    visiteur: Visiteur | None

    @property
    def portee(self) -> Portee:
        """What whoever asks may see: nothing for a stranger."""
        return self.visiteur.utilisateur.portee if self.visiteur else Portee(frozenset())

    @property
    def deposants(self) -> dict[str, str]:
        """The déposants that whoever asks may see, with their names."""
        return {code: nom for code, nom in self.console.deposants.items() if self.sees(code)}

    def sees(self, appli: str) -> bool:
        """True when what is of that partner may be seen."""
        return self.portee.deposants is None or appli in self.portee.deposants

    @staticmethod
    def known(found: T | None) -> T:
        """What was looked for within the scope. Raises HTTPException: it is not there, or not for them."""
        if found is None:
            raise HTTPException(404)
        return found

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One instant of the database."""
        with reading(self.console.base) as conn:
            yield conn

    def give(self, nom: str, data: bytes, kind: str = "application/octet-stream") -> Response:
        """Bytes of a stranger as a file to be kept: no browser opens them under our name."""
        quoted = quote(nom.replace("/", "_"), safe="")
        headers = {"Content-Disposition": f"attachment; filename*=utf-8''{quoted}"}
        return Response(data, media_type=kind, headers=headers)

    def show(self, gabarit: str, /, code: int = 200, **values: Any) -> HTMLResponse:
        """A page made from a template."""
        page = self.gabarits.get_template(gabarit)
        known = {
            "visite": self,
            "visiteur": self.visiteur,
            "console": self.console,
            "ici": self.request.scope["path"],
        }
        return HTMLResponse(page.render(**known, maintenant=self.console.now(), **values), code)


def log_refusal(ici: Visite, code: int) -> None:
    """Note what somebody may not see; what a supplier does not find may be somebody else's."""
    if code == 403 or (code == 404 and not ici.portee.est_entiere):
        who = ici.visiteur.utilisateur if ici.visiteur else None
        path, method = str(ici.request.scope["path"]), ici.request.method
        log.warning("access_refused", path=path, method=method, user=who and (who.id or who.login))


def visit(request: Request) -> Visite:
    """The visit that a request is."""
    state = request.app.state
    visiteur = getattr(request.state, "visiteur", None)
    return Visite(request, state.console, state.gabarits, state.memoire, visiteur)


Ici = Annotated[Visite, Depends(visit)]
