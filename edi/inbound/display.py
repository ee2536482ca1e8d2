"""How names and sizes sent by strangers are shown: in messages, in the store and on screens."""

from __future__ import annotations

LONGEST = 120  # characters of a name inside a message
_UNITS = (("Go", 1024**3), ("Mo", 1024**2), ("Ko", 1024))


def escape_name(nom: str) -> str:
    r"""``nom`` with backslashes doubled and everything unprintable escaped, as ``repr`` would.

    Two different names never look the same, none can drive a terminal, and none holds a lone surrogate
    (an undecodable byte is shown as ``\xNN``), so that the result may be stored and sent anywhere.
    """
    return "".join(map(_escape, nom))


def shorten_name(nom: str) -> str:
    """``nom`` escaped, and cut in its middle when it would drown the sentence that quotes it."""
    shown = escape_name(nom)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 30]}…{shown[-29:]}"


def show_size(octets: int) -> str:
    """A size in French: a round one in Ko, Mo or Go (of 1024), any other to the byte."""
    for unit, weight in _UNITS:
        if octets and octets % weight == 0:
            return f"{octets // weight}\N{NO-BREAK SPACE}{unit}"
    grouped = f"{octets:,}".replace(",", "\N{NO-BREAK SPACE}")
    return f"{grouped}\N{NO-BREAK SPACE}octet{'s' if octets > 1 else ''}"


def _escape(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8, as os.fsdecode keeps it
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return repr(character)[1:-1]
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
