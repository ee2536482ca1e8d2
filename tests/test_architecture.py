"""The rooms and who may import whom, read from the source itself."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "edi"

# room -> rooms it may import. A room is a module or a folder of edi; it may always import itself.
# ``*`` may import everything. ``resources`` only knows where shipped files lie.
RULES: dict[str, str] = {
    "model": "",
    "acts": "",
    "identifiers": "",
    "xml": "",
    "resources": "",
    "settings": "model",
    "retries": "model",
    "incidents": "model engine validators lifecycle.advance",
    "disjoncteur": "model store validators",
    "confiance": "model store validators",
    "alertes": "model disjoncteur retries outbound sftp spool store validators",
    "attendus": "model inbound nuit.calendrier nuit.echeances spool store",
    "jugement_main": "model lifecycle store validators",
    "settlement": "model disjoncteur lifecycle outbound store validators",
    "relais": "model retours examen inbound lifecycle outbound store validators",
    "retours": "model xml cdv document inbound validators",
    "remise": "model xml inbound relecture lifecycle outbound store",
    "reprise": "model judge lots settlement relecture acquittement store annuaire inbound validators",
    "acquittement": "model inbound lifecycle outbound store validators",
    "relecture": "model document judge inbound spool store",
    "facsimile": "model xml document inbound.readers relecture",
    "feuillets": "model",
    "changements": "model",
    "presence": "model spool store",
    "audit": "model journal spool store",
    "journal": "model spool store",
    "spool": "acts",
    "sftp": "acts model",
    "canaux": "model retries inbound outbound sftp spool store",
    "engine": "model",
    "antivirus": "model",
    "store": "model acts",
    "annuaire": "model identifiers store",
    "inbound": "acts model cdv identifiers xml spool sftp",
    "validators": "model identifiers xml resources",
    "lifecycle": "model store",
    "outbound": "model cdv xml store spool sftp retries resources",
    "cdv": "model identifiers resources",
    "cdar": "model cdv inbound validators",
    "document": "model xml inbound.readers validators",
    "sceau": "model xml inbound.readers validators",
    "judge": "model document sceau inbound.readers validators",
    "examen": "model xml antivirus inbound",
    "abrege": "model document judge",
    "membres": "model abrege engine judge inbound",
    "lots": "model abrege engine judge membres examen inbound validators",
    "regles": "acts model xml spool engine judge inbound validators",
    "catalogue": "model cdv disjoncteur engine antivirus inbound.cards validators",
    "exemples": "xml resources",
    "samples": "model identifiers resources exemples",
    "depots": "model spool",
    "rejeu": "model confiance engine judge lots membres settlement spool store annuaire inbound "
    "lifecycle validators",
    "pourquoi": "model antivirus engine judge lots relecture rejeu spool store annuaire inbound "
    "validators lifecycle",
    "releve": "espace model inbound.tableau outbound store",
    "bilan": "model alertes.lettre disjoncteur outbound.phrases retries spool store",
    "nuit": "model bilan inbound releve store",
    "lisezmoi": "espace model outbound settings validators",
    "retention": "espace model outbound.phrases settings spool store",
    "masque": "inbound.readers model samples validators.wording",
    "dossier": "espace inbound masque model samples store validators",
    "sauvegarde": "acts espace model retention settings spool store",
    "reste": "model inbound outbound spool store validators",
    "essai": "model relecture engine examen judge lots inbound validators lifecycle annuaire store spool "
    "outbound",
    "collecte": "model inbound spool store",
    "pipeline": "model cdar confiance disjoncteur incidents retries reste settlement relais remise relecture "
    "jugement_main acquittement engine judge lots examen spool store annuaire inbound validators lifecycle "
    "outbound",
    "espace": "model cdv regles settings spool store validators",
    "docteur": "antivirus canaux engine espace examen exemples judge model releve sftp store validators",
    "observation": "model spool store",
    "plateforme": "espace model attendus bilan canaux catalogue lisezmoi nuit regles store validators",
    "manuel": "model sceau document inbound outbound validators",
    "gestes": "alertes.vie annuaire catalogue cdv.tables disjoncteur espace lifecycle manuel model nuit "
    "rejeu spool store validators",
    "console": "model changements store annuaire lifecycle.statuts outbound.phrases outbound.suites "
    "outbound.statut",
    "identite": "model resources validators",
    "banc": "acts annuaire app document espace judge model samples validators",
    "capacite": "",
    "wiring": "model antivirus cdar cdv identite validators engine examen settings",
    "assemblage": "*",
    "app": "*",
    "cli": "*",
    "__main__": "*",
    "__init__": "",
}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if "migrations" not in p.parts)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@cache
def imports_of(path: Path) -> set[str]:
    """The modules of edi that a file names in its imports, as dotted names below edi."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute in this house"
            base = node.module or ""
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return {name.removeprefix("edi.") for name in found if name.startswith("edi.")}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_what_its_row_allows(path: Path) -> None:
    room = room_of(path)
    assert room in RULES, f"add a row for the room {room!r}"
    allowed = RULES[room].split()
    if allowed == ["*"]:
        return
    strangers = {
        name
        for name in imports_of(path)
        if name.split(".")[0] != room
        and name != "__version__"
        and not any(name == entry or name.startswith(f"{entry}.") for entry in allowed)
    }

    assert strangers == set()


def test_every_row_is_a_room() -> None:
    assert {room_of(path) for path in modules()} == set(RULES)


@cache
def calls_in(path: Path) -> set[str]:
    """Dotted names of everything a file calls, as written."""
    return {ast.unparse(node.func) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)}


DANGEROUS = {
    # what is called -> the only files that may call it
    "os.rename": {"edi/acts.py"},
    "os.fsync": {"edi/acts.py"},
    "os.chown": {"edi/depots.py"},
    "os.chmod": {"edi/depots.py"},
    "etree.XMLParser": {"edi/xml.py", "edi/validators/schema.py"},  # schema.py reads schemas we ship
    "etree.parse": {"edi/xml.py", "edi/validators/schema.py"},
    "datetime.now": {"edi/espace.py"},
    "date.today": set(),
    "time.time": set(),
    "time.time_ns": {"edi/wiring.py"},
    "threading.Thread": {"edi/app/compagnons.py"},
    "ThreadPoolExecutor": {
        "edi/app/compagnons.py",
        "edi/app/service.py",
        "edi/assemblage/rejeux.py",  # what pages had judged again
        "edi/inbound/empreinte.py",  # a hash beside a write
        "edi/nuit/reveil.py",  # of the scheduler
    },
}


@pytest.mark.parametrize("call", sorted(DANGEROUS))
def test_a_dangerous_act_has_one_place(call: str) -> None:
    callers = {str(p.relative_to(ROOT)) for p in modules() if call in calls_in(p)}

    assert callers <= DANGEROUS[call]


def test_only_advance_writes_a_statut() -> None:
    writers = set()
    for path in modules():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".values"):
                writers |= {str(path.relative_to(ROOT)) for k in node.keywords if k.arg == "statut"}

    assert writers == {"edi/lifecycle/advance.py"}


def test_no_broad_except_outside_the_places_that_explain_it() -> None:
    broad = set()
    for path in modules():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ExceptHandler):
                name = ast.unparse(node.type) if node.type else "everything"
                if name in ("Exception", "BaseException", "everything"):
                    broad.add(str(path.relative_to(ROOT)))

    assert broad == {
        "edi/cli/__init__.py",  # what is no fault of ours is told in French, the rest raised again
        "edi/pipeline/etapes.py",
        "edi/engine/ici.py",
        "edi/nuit/passages.py",
        "edi/validators/schematron/double.py",  # generated code: the official sheet judges instead
    }
