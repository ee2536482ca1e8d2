"""The one place where what somebody may see becomes SQL. Whatever a page reads goes through it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, true

from edi.model import Portee


def within(portee: Portee, appli: ColumnElement[str]) -> ColumnElement[bool]:
    """That the déposant named by a column is one that may be seen; true for who sees everything."""
    if portee.deposants is None:
        return true()
    return appli.in_(sorted(portee.deposants))
