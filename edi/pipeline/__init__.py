"""The way of a flux, from its first byte to its emitted answer: the only room that knows the order."""

from edi.pipeline.etapes import Pipeline
from edi.pipeline.parties import Listen

__all__ = ["Listen", "Pipeline"]
