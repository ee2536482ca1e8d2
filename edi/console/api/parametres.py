"""A parameter that the document does not tell is refused: a filter with a typing error would ask for all."""

from __future__ import annotations

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute


def check_parameters(request: Request) -> None:
    """Raises RequestValidationError."""
    route = request.scope["route"]
    assert isinstance(route, APIRoute)
    if not request.query_params:
        return
    told = request.app.openapi()["paths"][route.path_format][request.method.lower()]
    known = {one["name"] for one in told.get("parameters", ()) if one["in"] == "query"}
    if strange := sorted(set(request.query_params) - known):
        raise RequestValidationError([{"type": "extra_forbidden", "loc": ("query", one)} for one in strange])
