"""Flux: the list, and one of them."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
