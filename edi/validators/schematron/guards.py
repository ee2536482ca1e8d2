"""Casts that a rule makes behind a check of the format, written so that the check always comes first.

XPath leaves the order open: a processor may compute a variable where it is declared, or when it is asked for.
Saxon starts with the latter and comes to the former for what it has seen asked for a few times: one badly
formed date would be told by its rule at first and, in the same process, as an error of evaluation later.
"""

from __future__ import annotations

import re

from lxml import etree

_X = "{http://www.w3.org/1999/XSL/Transform}"
_CHECKED = re.compile(r"\$(\w+)\s+and\s")
_CAST = re.compile(r"(xs:\w+)\((substring\(\$\w+,\s*\d+,\s*\d+\))\)")


def guard_casts(sheet: etree._Element) -> None:
    """Let a function that answers ``$format-is-valid and …`` cast only what can be cast, and nothing else.

    Exact: where the format is valid the digits can be cast, and where it is not the answer is false whatever
    the rest comes to; an empty sequence there cannot make it true.
    """
    for function in sheet.findall(f"{_X}function"):
        variables = {v.get("name", ""): v for v in function.findall(f"{_X}variable")}
        answer = function[-1].get("select", "") if len(function) else ""
        checked = _CHECKED.match(answer)
        check = variables.get(checked[1]) if checked else None
        if check is None or not check.get("select", "").startswith("matches("):
            continue
        for variable in variables.values():
            if cast := _CAST.fullmatch(variable.get("select", "")):
                kind, digits = cast.groups()
                variable.set("select", f"if ({digits} castable as {kind}) then {kind}({digits}) else ()")
