"""SIREN and SIRET over python-stdnum, with our policy.

Whether a number is well formed and whether its key is right are two questions: qualification platforms use
fictive numbers, whose key may be wrong, so only the first may ever reject. stdnum forgives separators; we do
not, because the annuaire is looked up with the very text of the invoice.
"""

from __future__ import annotations

import re
from functools import lru_cache

from stdnum.fr import siren as _siren
from stdnum.fr import siret as _siret

_SIREN = re.compile(r"[0-9]{9}")
_SIRET = re.compile(r"[0-9]{14}")
# A SIRET kept as a number by a spreadsheet loses its leading zeros. Four at most: nine digits are a SIREN.
_SHORTENED_SIRET = re.compile(r"[0-9]{10,13}")
# 2,1290200019017E+13: with as many digits as the number has, nothing is lost but its form.
_SCIENTIFIC = re.compile(r"([0-9])[.,]([0-9]+)[Ee]\+?([0-9]{1,2})")
_DRESSED = re.compile(r"""(?:'|=")?([0-9]+)(?:[.,]0+|")?""")  # '0552..., ="0552...", 552...,0


def siren_is_well_formed(text: str) -> bool:
    """True for nine digits and nothing else."""
    return _SIREN.fullmatch(text) is not None


def siret_is_well_formed(text: str) -> bool:
    """True for fourteen digits and nothing else."""
    return _SIRET.fullmatch(text) is not None


@lru_cache(maxsize=4096)  # the same partners come back from one invoice to the next
def siren_key_is_right(text: str) -> bool:
    """True for a well-formed SIREN that satisfies Luhn's formula."""
    return siren_is_well_formed(text) and bool(_siren.is_valid(text))


@lru_cache(maxsize=4096)
def siret_key_is_right(text: str) -> bool:
    """True for a well-formed SIRET that satisfies Luhn's formula, as its SIREN does.

    Establishments of La Poste (356000000xxxxx) obey their own rule: their digits sum up to a multiple of 5.
    """
    return siret_is_well_formed(text) and bool(_siret.is_valid(text))


def restore_siret(text: str) -> str:
    """The SIRET meant by a cell of a spreadsheet: undressed, spaces removed, leading zeros given back.

    For the import of the annuaire only: in an invoice, a SIRET that is not 14 digits is a fault. A text that
    cannot be a SIRET without its zeros (a number that was rounded) comes back without its spaces, and is then
    seen to be malformed.
    """
    compact = "".join(text.split())
    if (found := _SCIENTIFIC.fullmatch(compact)) and len(found[2]) == int(found[3]):
        compact = found[1] + found[2]
    elif found := _DRESSED.fullmatch(compact):
        compact = found[1]
    return compact.zfill(14) if _SHORTENED_SIRET.fullmatch(compact) else compact


def siret_is_rounded(text: str) -> bool:
    """True for a number whose digits a spreadsheet has rounded away: 2,12902E+13."""
    return _SCIENTIFIC.fullmatch("".join(text.split())) is not None


def luhn_hint(text: str) -> str:
    """The SIREN or SIRET probably meant by ``text``, whose key is wrong; '' when there is nothing to say.

    Something is said only when exactly one exchange of two neighbouring digits makes the key right.
    """
    is_right = siren_key_is_right if siren_is_well_formed(text) else siret_key_is_right
    if is_right(text):
        return ""
    exchanged = {text[:i] + text[i + 1] + text[i] + text[i + 2 :] for i in range(len(text) - 1)}
    repaired = [number for number in exchanged if is_right(number)]
    return repaired[0] if len(repaired) == 1 else ""
