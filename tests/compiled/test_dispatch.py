"""Which rules judge which elements: patterns, priorities, modes, walks that stop; what bounds the work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from compiled.feuille_schematron import an_assert, rule, variable, write_part, write_sheet

from edi import xml
from edi.validators.compiled import cache, engine
from edi.validators.compiled.running import spots
from edi.validators.schematron import saxon
from edi.validators.schematron.packs import Part
from edi.validators.schematron.saxon import Failed

DOCUMENT = b"""<r xmlns:n="urn:n"><a k="1"><b/><b><c/></b></a><a k="2"><b k="2"><a><b/></a></b></a>
<n:a><n:b/></n:a><x><a/><AmountA/><TaxAmount/></x><g><h><b/></h></g></r>"""

PATTERNS = [
    "a",
    "b",
    "a/b",
    "/r/a",
    "/r/a/b",
    "//b",
    "//a//b",
    "a//b",
    "*",
    "/*",
    "n:*",
    "//n:b",
    "a | n:a",
    "(a | x)/b",
    "a[@k]",
    "a[@k='2']/b",
    "/r/a[b/c]",
    "a[@k][b/c]",
    "(a|g)/(b|h)",
    "/r/(a | g)",
    "a[@k = '2']/b[@k]/a",
    "//*[ends-with(name(), 'Amount')]",
    "//*[ends-with(name(), 'a')]",
    "*[not(*)]",
    "b[ancestor::g]",
    "b[../@k = 2]",
    "(/r | /s)/a",
    "x/*",
    "r//h/b",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feuilles")


def both(folder: Path, data: bytes, document: bytes = DOCUMENT) -> tuple[list[Failed], list[Failed]]:
    pack, part = write_part(folder, data)
    parsed = xml.parse(document)
    official = saxon.run_pack(pack, saxon.open_document(parsed), saxon.OFFICIAL)
    return list(official), list(engine.run(part, engine.open_document(parsed)))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_means_the_elements_that_saxon_finds(pattern: str, folder: Path) -> None:
    sheet = write_sheet([rule(pattern, an_assert("P", "false()"))])
    official, ours = both(folder, sheet)

    assert official
    assert official == ours


def test_in_each_mode_the_strongest_rule_that_matches_judges_alone(folder: Path) -> None:
    rules = [
        rule("b", an_assert("WEAK", "false()"), priority=1000),
        rule("a/b", an_assert("STRONG", "false()"), priority=1001),
        rule("b[c]", an_assert("STRONGEST", "false()"), priority=1002),
        rule("b", an_assert("OTHER", "false()"), mode="M2"),
    ]
    official, ours = both(folder, write_sheet(rules, modes=("M2", "M1")))

    assert official == ours
    assert [failed.id for failed in ours].count("OTHER") == 5
    assert {"WEAK", "STRONG", "STRONGEST"} <= {failed.id for failed in ours}


def test_of_two_rules_as_strong_the_last_one_judges(folder: Path) -> None:
    rules = [rule("b", an_assert("FIRST", "false()")), rule("b", an_assert("LAST", "false()"))]
    official, ours = both(folder, write_sheet(rules))

    assert official == ours
    assert {failed.id for failed in ours} == {"LAST"}


@pytest.mark.parametrize("stopping", ["a[@k='2']", "x", "/r", "g/h", "a[@k='9']"])
def test_what_lies_below_a_rule_that_does_not_go_down_is_not_judged(stopping: str, folder: Path) -> None:
    rules = [
        rule(stopping, an_assert("STOP", "false()"), priority=1001, down=""),
        rule("*", an_assert("ANY", "false()")),
        rule("b", an_assert("ELSEWHERE", "false()"), mode="M2"),
    ]
    official, ours = both(folder, write_sheet(rules, modes=("M1", "M2")))

    assert official == ours
    assert [failed.id for failed in ours].count("ELSEWHERE") == 5


@pytest.mark.parametrize(
    "test",
    [
        "not(a/b)",
        "not(a/b[c])",
        "not(a/@k)",
        "not(zz)",
        "count(a) <= 1",
        "count(a/b) <= 3",
        "not(a/zz) or b",
        "every $x in a/b satisfies $x/c",
        "string-length(substring-after(x, '.')) <= 2",
    ],
)
def test_a_test_that_only_a_path_can_break_is_made_where_the_path_is(test: str, folder: Path) -> None:
    sheet = write_sheet([rule("/r", an_assert("W", test)), rule("a", an_assert("B", "not(b/c)"))])
    for document in (DOCUMENT, b"<r/>", b"<r><a/></r>", b"<r><a><b/></a></r>"):
        official, ours = both(folder, sheet, document)
        assert official == ours


def test_variables_of_a_rule_are_those_above_each_check(folder: Path) -> None:
    steps = [
        variable("x", "@k"),
        an_assert("ONE", "$x = '1'"),
        variable("y", "concat($x, '!')"),
        an_assert("TWO", "$y = '1!'"),
    ]
    head = '<xsl:variable name="k" select="/r/a[1]/@k"/>'
    rules = [rule("a[@k]", *steps), rule("b[@k != $k]", an_assert("GLOBAL", "false()"), mode="M2")]
    official, ours = both(folder, write_sheet(rules, modes=("M1", "M2"), head=head))

    assert official == ours
    assert [failed.id for failed in ours] == ["ONE", "TWO", "GLOBAL"]


def test_functions_of_the_sheet_are_called_with_their_types(folder: Path) -> None:
    head = """
      <xsl:function name="f:long" as="xs:boolean">
        <xsl:param name="text" as="xs:string?"/>
        <xsl:variable name="least" select="2"/>
        <xsl:sequence select="string-length($text) ge $least"/>
      </xsl:function>
      <xsl:function name="f:marked" as="xs:boolean">
        <xsl:param name="one" as="element()?"/>
        <xsl:sequence select="exists($one/@k)"/>
      </xsl:function>"""
    checks = [
        an_assert("LONG", "f:long(@k)"),
        an_assert("MARKED", "f:marked(.)"),
        an_assert("NONE", "f:marked(zz)"),
    ]
    official, ours = both(folder, write_sheet([rule("a", *checks)], head=head))

    assert official == ours
    assert {failed.id for failed in ours} == {"LONG", "MARKED", "NONE"}


@pytest.mark.parametrize("pattern", ["@k", "a[1]", "/", "text()", "a[b]//c", "*:a", "a[last()]"])
def test_a_pattern_of_another_kind_is_named(pattern: str, folder: Path) -> None:
    _, part = write_part(folder, write_sheet([rule(pattern, an_assert("P", "false()"))]))

    with pytest.raises(engine.NotCompiled):
        engine.build(part.sheet)


# -- what bounds the work -----------------------------------------------------------------------------------


def test_a_document_too_deep_is_left_to_the_official_sheet() -> None:
    deep = xml.parse(b"<r>" + b"<a>" * 95 + b"</a>" * 95 + b"</r>")

    with pytest.raises(engine.AskSaxon, match="too deep"):
        engine.open_document(deep)


def test_paths_are_forgotten_when_documents_bring_too_many(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, part = write_part(folder, write_sheet([rule("//b", an_assert("P", "false()"))]))
    monkeypatch.setattr(spots, "_MOST_SPOTS", 50)
    for turn in range(20):
        names = "".join(f"<e{turn}-{rank}><b/></e{turn}-{rank}>" for rank in range(10))
        found = engine.run(part, engine.open_document(xml.parse(f"<r>{names}</r>".encode())))
        assert len(found) == 10

    assert spots._spots < 50 + 2 * 10 + 2


def test_attachments_never_enter_the_tree() -> None:
    uri = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
    heavy = f'<EmbeddedDocumentBinaryObject xmlns="{uri}">{"A" * 100_000}</EmbeddedDocumentBinaryObject>'
    document = engine.open_document(xml.parse(f"<r>{heavy}</r>".encode()))

    assert len(document.every[1].t) == 64


# -- the modules on disk ------------------------------------------------------------------------------------


@pytest.fixture
def small(folder: Path) -> Part:
    return write_part(folder, write_sheet([rule("b", an_assert("P", "false()"))]))[1]


def test_a_module_is_written_once_and_read_again(
    small: Part, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDI_CACHE", str(tmp_path / "cache"))
    engine.make(small.sheet)
    (module,) = (tmp_path / "cache" / "regles").glob("*.py")
    written = module.stat().st_mtime_ns
    engine.make(small.sheet)

    assert module.stat().st_mtime_ns == written
    assert small.sheet.sha256[:16] in module.name
    assert engine.COMPILER[:16] in module.name
    assert "def test_0_P" in module.read_text("utf-8")


def test_a_cache_that_others_can_write_is_not_executed(
    small: Part, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDI_CACHE", str(tmp_path))
    engine.make(small.sheet)
    (module,) = (tmp_path / "regles").glob("*.py")
    module.write_text("raise RuntimeError('not ours')", "utf-8")
    module.chmod(0o666)

    assert engine.make(small.sheet).asserts == 1


def test_without_a_place_for_modules_they_are_made_in_memory(
    small: Part, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("EDI_CACHE", str(tmp_path / "file"))

    assert engine.make(small.sheet).asserts == 1


def test_modules_of_older_compilers_do_not_pile_up(
    small: Part, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDI_CACHE", str(tmp_path))
    folder = tmp_path / "regles"
    folder.mkdir(mode=0o700)
    for age in range(6):
        old = folder / f"{small.sheet.name}-{small.sheet.sha256[:16]}-{age:016x}.py"
        old.write_text("", "utf-8")
        os.utime(old, (1000 - age, 1000 - age))
    engine.make(small.sheet)

    kept = sorted(path.stem.rpartition("-")[2] for path in folder.glob("*.py"))
    assert sorted([f"{0:016x}", f"{1:016x}", engine.COMPILER[:16]]) == kept


def test_a_user_without_a_home_has_modules_made_in_memory(
    small: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EDI_CACHE", "CACHE_DIRECTORY", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)

    assert cache.cache_folder() is None
    assert engine.make(small.sheet).asserts == 1


@pytest.mark.parametrize("name", ["EDI_CACHE", "CACHE_DIRECTORY", "XDG_CACHE_HOME"])
def test_the_cache_lies_where_the_operator_or_the_system_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in ("EDI_CACHE", "CACHE_DIRECTORY", "XDG_CACHE_HOME"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, str(tmp_path))

    assert os.fspath(cache.cache_folder() or "").startswith(os.fspath(tmp_path))
