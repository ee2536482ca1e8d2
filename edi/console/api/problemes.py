"""Errors of the API, as problem details (RFC 9457), in French."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from edi.console.api.valeurs import Valeur
from edi.console.visite import log_refusal, visit
from edi.model import ChampsRefuses, FichierRefuse
from edi.model.gestes import GesteRefuse, RaisonManquante

GENRE = "application/problem+json"

_TITRES = {
    400: "Demande illisible",
    401: "Jeton absent, inconnu, expiré ou révoqué",
    403: "Ce n'est pas permis à ce jeton",
    404: "Introuvable",
    405: "Cette adresse ne s'utilise pas ainsi",
    409: "Cela ne peut pas se faire",
    413: "Demande trop longue",
    415: "Le corps de la demande n'est pas du JSON",
    422: "Demande refusée",
    429: "Trop d'essais de suite",
    507: "La plateforme ne peut plus écrire",
    500: "Incident de la plateforme",
}
# What pydantic says, by the type of its error.
_FAUTES = {
    "missing": "manque",
    "model_attributes_type": "n'est pas un objet JSON, ou n'est pas annoncé comme tel (Content-Type)",
    "date_from_datetime_parsing": "n'est pas une date : 2026-11-26",
    "date_parsing": "n'est pas une date : 2026-11-26",
    "date_from_datetime_inexact": "n'est pas une date : 2026-11-26",
    "json_invalid": "n'est pas du JSON",
    "extra_forbidden": "n'existe pas ici",
    "int_parsing": "n'est pas un nombre entier",
    "int_type": "n'est pas un nombre entier",
    "string_type": "n'est pas un texte",
    "string_unicode": "n'est pas un texte lisible",
    "string_too_long": "est trop long",
    "string_too_short": "est vide ou trop court",
    "string_pattern_mismatch": "n'a pas la forme attendue",
    "greater_than_equal": "est trop petit",
    "less_than_equal": "est trop grand",
    "enum": "n'est pas une valeur connue",
    "union_tag_invalid": "a un « objet » inconnu",
    "union_tag_not_found": "ne dit pas son « objet »",
    "literal_error": "n'est pas une valeur connue",
}


class Faute(Valeur):
    """Ce qui est refusé dans une demande."""

    champ: str = Field(description="Le paramètre ou le champ.")
    message: str


class Probleme(Valeur):
    """Une erreur, d'après la RFC 9457."""

    type: str = Field(description="Toujours « about:blank » : le code HTTP dit de quel genre est l'erreur.")
    title: str = Field(description="Le genre d'erreur, en français.")
    status: int = Field(description="Le code HTTP.")
    detail: str = Field(description="Ce qui s'est passé, et quoi faire.")
    erreurs: list[Faute] = Field(description="Les champs refusés, s'il y en a.")


def declare(*codes: int) -> dict[int | str, dict[str, Any]]:
    """How routes announce these errors in the OpenAPI document."""
    return {code: {"model": Probleme, "description": _TITRES[code]} for code in codes}


def make_problem(
    code: int, detail: str = "", erreurs: Sequence[Faute] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer that tells an error."""
    titre = _TITRES.get(code, "Erreur")
    told = Probleme(
        type="about:blank", title=titre, status=code, detail=detail or f"{titre}.", erreurs=[*erreurs]
    )
    return JSONResponse(told.model_dump(), code, dict(headers or {}), media_type=GENRE)


def tell_http(request: Request, error: Exception) -> JSONResponse:
    """What a route, or the lack of one, refuses."""
    assert isinstance(error, HTTPException)
    log_refusal(visit(request), error.status_code)
    standard = HTTPStatus(error.status_code).phrase  # what the framework says by itself is English
    detail = "" if error.detail == standard else error.detail
    return make_problem(error.status_code, detail, headers=error.headers)


def tell_invalid(request: Request, error: Exception) -> JSONResponse:
    """Parameters or a body that are not as the document says. What was sent is not repeated."""
    assert isinstance(error, RequestValidationError)
    faults = [_fault(one) for one in error.errors()]
    detail = " ; ".join(f"« {one.champ} » {one.message}" for one in faults)
    return make_problem(422, f"{detail}.", faults)


def _fault(one: Mapping[str, Any]) -> Faute:
    # Where it is: query, path or body, then the name; of an unreadable body, only a rank of characters.
    where = [str(part) for part in one["loc"][1:] if one["type"] != "json_invalid"] or ["corps"]
    return Faute(champ=".".join(where), message=_FAUTES.get(one["type"], "n'est pas valable"))


def tell_act(request: Request, error: Exception) -> JSONResponse:
    """An act that cannot be done says why; 422 when what was asked lacks something."""
    if isinstance(error, RaisonManquante):
        return make_problem(422, str(error), [Faute(champ="raison", message="manque")])
    if isinstance(error, ChampsRefuses):
        faults = [Faute(champ=name, message=said) for name, said in error.fautes.items()]
        return make_problem(422, " ; ".join(one.message for one in faults), faults)
    if isinstance(error, FichierRefuse):
        found = error.finding
        return make_problem(422, " ".join([str(error), *([found.message, found.fix] if found else [])]))
    return make_problem(409, str(error))


def tell_fault(request: Request, error: Exception) -> JSONResponse:
    """A fault of ours. It is logged by whoever serves; the answer says nothing of it."""
    return make_problem(500, "La plateforme n'a pas pu répondre ; l'incident est noté.")


HANDLERS = {
    HTTPException: tell_http,
    RequestValidationError: tell_invalid,
    GesteRefuse: tell_act,
    Exception: tell_fault,
}
