"""The two ways in which the compiled form says that it is not for it to answer."""

from __future__ import annotations


class NotCompiled(Exception):
    """A sheet, or a part of it, is not of the subset that is compiled; the reasons are in ``args``."""


class AskSaxon(Exception):
    """This document cannot be judged here: an expression has no value, or one that is known to be told apart.

    ``args[0]`` is the reason, in a few words and without any content of the document.
    """
