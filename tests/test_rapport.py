"""The report of a night as people get it: kept, sent, made again; read by a browser, by a mail reader."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from lxml import etree
from messagerie import Box, mail_server
from nuits import EspaceDeNuit, add_settings, at_night, make_nights
from quarante import LAST, make_quarante, run_night
from test_annonces import web_server
from workspace import deposit, import_annuaire, type_edi

from edi import acts
from edi.app import App
from edi.bilan import chiffres
from edi.bilan.chiffres import Bilan, Compte, Entete, Ligne, Point, Somme
from edi.bilan.consignes import find_consignes
from edi.bilan.graphe import write_svg
from edi.bilan.page import write_page
from edi.bilan.texte import write_text
from edi.espace import open_espace
from edi.model import Courriel, Etape, Flux, Genre, Issue
from edi.retention.service import Retention
from edi.samples import LotSpec
from edi.store import bilans

PARIS = ZoneInfo("Europe/Paris")
NUIT = 'nom = "nuit"'
GOOD = LotSpec("ubl", 3, numero_flux=1)
MIXED = LotSpec("ubl", 4, numero_flux=2, graine=2, fautes={1: "service-inconnu", 3: "ttc-faux"})
CUT = LotSpec("ubl", 5, appli="BBB456", numero_flux=3, graine=6, tronque=True)


@pytest.fixture
def espace(tmp_path: Path) -> EspaceDeNuit:
    """At 22:05, within the window of the job."""
    espace = make_nights(tmp_path / "e", "2026-11-20T22:05", NUIT)
    config = espace.root / "config" / "edi.toml"
    config.write_text(config.read_text("utf-8").replace("2026-11-20T09:00", "2026-11-20T22:05"), "utf-8")
    return at_night(open_espace(espace.root), espace.horloge)


def bilan_of(espace: EspaceDeNuit, passage_id: int) -> Bilan:
    with espace.engine.begin() as conn:
        kept = bilans.kept(conn, passage_id)
    assert kept is not None
    return chiffres.read(kept)


def run(espace: EspaceDeNuit) -> Bilan:
    """The run that is due, and its figures."""
    (passage,) = App(espace).run_jobs(["nuit"]).faits
    return bilan_of(espace, passage.id)


def kept(espace: EspaceDeNuit, nom: str) -> str:
    return (espace.spool.root / "rapports" / nom).read_text("utf-8")


class Killed(BaseException):
    """The process ends here."""


# -- nights -----------------------------------------------------------------------------------------------


def test_a_small_night_is_told_in_so_many_words(espace: EspaceDeNuit, request: pytest.FixtureRequest) -> None:
    for spec in (GOOD, MIXED, CUT):
        deposit(espace, spec)
    run(espace)
    told = kept(espace, "2026-11-20-nuit.txt")
    golden = Path(__file__).with_name("rapports") / "petite-nuit.txt"
    if request.config.getoption("--update"):
        golden.write_text(told, "utf-8")

    assert told == golden.read_text("utf-8")


def test_a_night_of_forty_fournisseurs_is_told_in_a_few_things_to_do(tmp_path: Path) -> None:
    espace = make_quarante(tmp_path / "e", nights=0)
    run_night(espace, LAST)
    bilan = bilan_of(espace, 1)
    consignes = find_consignes(bilan, PARIS)
    page = read_page(kept(espace, f"{LAST}-nuit.html"))
    rows = [attrs for tag, attrs in page.seen if tag == "th" and attrs.get("scope") == "row"]

    assert bilan.compte == Compte(recues=692, acceptees=576, rejetees=55, en_attente=61)
    assert [one.qui.name for one in consignes] == ["EXPLOITANT", "FOURNISSEURS", "FOURNISSEURS", "PERSONNE"]
    assert "EDI-ENGAGEMENT-01 est mise en doute : 61 factures attendent votre avis" in consignes[0].phrase
    assert "27 autres fournisseurs : 471 factures, toutes acceptées" in page.text
    assert len(rows) == 12 + 1 + len(bilan.ouverts)  # with trouble, all of them, what is open
    assert (bilan.plus_lente or bilan.etapes[0]).etape is Etape.TRAITEMENT


def test_what_waits_is_carried_to_the_next_report_and_counted_once(tmp_path: Path) -> None:
    espace = make_nights(tmp_path / "e", "2026-11-20T22:05", NUIT)
    with espace.engine.begin() as conn:  # as if no annuaire had ever been imported
        conn.exec_driver_sql("DELETE FROM annuaire_import")
    deposit(espace, GOOD)
    first = run(espace)
    import_annuaire(espace)
    espace.horloge.set("2026-11-21T22:05")
    deposit(espace, MIXED)
    second = run(espace)

    assert first.compte == Compte(recues=3, en_attente=3)
    assert second.compte == Compte(reportees=3, recues=4, acceptees=5, rejetees=2)
    assert (first.flux, second.flux) == (1, 1)
    assert [(one.factures, one.qui) for one in first.ouverts] == [(3, "la plateforme")]
    assert second.ouverts == ()
    assert [point.compte for point in second.historique] == [first.compte, second.compte]


def test_a_night_that_takes_over_an_interrupted_run_counts_everything_once(espace: EspaceDeNuit) -> None:
    def die(flux: Flux) -> None:
        raise Killed

    deposit(espace, GOOD)
    deposit(espace, MIXED)
    with pytest.raises(Killed):
        App(espace, settled=die).run_jobs(["nuit"])
    bilan = run(espace)

    assert bilan.compte == Compte(recues=7, acceptees=5, rejetees=2)
    assert bilan.reprises.interruptions == 1
    assert "1 reprise du passage après interruption" in kept(espace, "2026-11-20-nuit.txt")


def test_a_report_that_was_interrupted_is_finished_with_the_figures_that_were_kept(
    espace: EspaceDeNuit,
) -> None:
    def die(act: str, subject: object) -> None:
        if act == "rename" and isinstance(subject, Path) and subject.parent.name == "rapports":
            raise Killed

    deposit(espace, GOOD)
    with acts.observed(die), pytest.raises(Killed):
        App(espace).run_jobs(["nuit"])
    left = espace.spool.reports()
    deposit(espace, MIXED)  # comes too late: the figures are made
    bilan = run(espace)

    assert left == []
    assert espace.spool.reports() == ["2026-11-20-nuit.html", "2026-11-20-nuit.txt"]
    assert bilan.compte.recues == 3


def test_a_night_with_a_step_that_fails_says_so_first(espace: EspaceDeNuit) -> None:
    deposit(espace, GOOD)
    espace.spool.outbox("AAA123").rmdir()
    bilan = run(espace)
    told = kept(espace, "2026-11-20-nuit.txt")

    assert bilan.entete.issue is Issue.AVEC_DEFAUTS
    assert "1. [L'exploitant] L'étape « émission » n'a été faite qu'en partie." in told
    assert "2 réponse(s) n'ont pas pu partir" in told
    assert bilan.compte == Compte(recues=3, acceptees=3)
    assert [(one.quoi, one.combien) for one in bilan.ouverts] == [("EMISSION", 2)]


def test_a_run_by_hand_has_a_report_of_its_own(espace: EspaceDeNuit) -> None:
    run(espace)
    App(espace).run_jobs(["nuit"], forced=True)

    assert espace.spool.reports() == [
        "2026-11-20-nuit-2.html",
        "2026-11-20-nuit-2.txt",
        "2026-11-20-nuit.html",
        "2026-11-20-nuit.txt",
    ]


def test_reports_are_kept_for_as_long_as_is_configured(espace: EspaceDeNuit) -> None:
    add_settings(espace.root, "[retention]\nrapports_jours = 2")
    espace = at_night(open_espace(espace.root), espace.horloge)
    espace.spool.put_reports({"note.txt": b"", "2026-11-17-nuit.txt": b"", "2026-11-18-nuit.html": b""})
    run(espace)
    Retention(espace).at_night()

    assert espace.spool.reports() == [
        "2026-11-18-nuit.html",
        "2026-11-20-nuit.html",
        "2026-11-20-nuit.txt",
        "note.txt",
    ]


# -- made again -------------------------------------------------------------------------------------------


def test_the_command_makes_the_report_again_identically(
    espace: EspaceDeNuit, capsys: pytest.CaptureFixture[str]
) -> None:
    deposit(espace, MIXED)
    run(espace)
    told = type_edi(capsys, "-e", espace.root, "nightly", "report", "nuit", "--jour", "2026-11-20")
    type_edi(capsys, "-e", espace.root, "nightly", "report", "--html", "--vers", espace.root / "r.html")
    figures = type_edi(capsys, "-e", espace.root, "nightly", "report", "--passage", "1", "--json").json

    assert told.out == kept(espace, "2026-11-20-nuit.txt")
    assert (espace.root / "r.html").read_text("utf-8") == kept(espace, "2026-11-20-nuit.html")
    assert figures["lignes"][0]["compte"] == [0, 4, 2, 2, 0]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["nuit", "--jour", "2026-11-19"], "aucun rapport n'est gardé"),
        (["jour"], "« jour » n'est pas déclarée"),
        (["--html", "--json"], "une seule forme"),
    ],
)
def test_what_cannot_be_reported_is_told_in_one_line(
    espace: EspaceDeNuit, command: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = type_edi(capsys, "-e", espace.root, "nightly", "report", *command)

    assert done.code == 2
    assert why in done.err


# -- told -------------------------------------------------------------------------------------------------


def mail_section(courriel: Courriel) -> str:
    lines = ["[alertes.courriel]", f'hote = "{courriel.hote}"', f"port = {courriel.port}"]
    return "\n".join([*lines, 'securite = "aucune"', f'de = "{courriel.de}"', 'a = ["edi@example.org"]'])


def parts_of(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


def configured(espace: EspaceDeNuit, *blocs: str, nuit: str = "") -> EspaceDeNuit:
    config = espace.root / "config" / "edi.toml"
    config.write_text(config.read_text("utf-8").replace(NUIT, f"{NUIT}\n{nuit}"), "utf-8")
    add_settings(espace.root, "[alertes]\nplace = 1", *blocs)
    return at_night(open_espace(espace.root), espace.horloge)


def test_the_report_is_sent_by_mail_once_as_text_and_as_html(espace: EspaceDeNuit) -> None:
    box = Box()
    with mail_server(box) as courriel:
        espace = configured(espace, mail_section(courriel), nuit='rapport_a = ["compta@example.org"]')
        deposit(espace, MIXED)
        box.answers = ["451 later"]
        bilan = run(espace)
        App(espace).look()  # is turned away
        espace.horloge.move(minutes=5)
        App(espace).look()
        App(espace).look()
    reports = [mail for mail in box.mails if mail.is_multipart()]
    text, html = parts_of(reports[0])

    assert len(reports) == 1
    assert reports[0]["To"] == "compta@example.org"
    assert reports[0]["Subject"] == (
        "[Navette] nuit du 20/11 : Rien à faire de votre côté (2 rejetées sur 4 factures)"
    )
    assert reports[0]["Message-ID"].endswith("@example.org>")
    assert (text, html) == (kept(espace, "2026-11-20-nuit.txt"), kept(espace, "2026-11-20-nuit.html"))
    assert bilan.compte == Compte(recues=4, acceptees=2, rejetees=2)


@pytest.mark.parametrize(
    ("envoi", "spec", "sent"),
    [("a-faire", MIXED, 0), ("a-faire", CUT, 1), ("jamais", CUT, 0), ("toujours", GOOD, 1)],
)
def test_a_report_is_sent_when_it_is_wanted(
    espace: EspaceDeNuit, envoi: str, spec: LotSpec, sent: int, capsys: pytest.CaptureFixture[str]
) -> None:
    box = Box()
    with mail_server(box) as courriel:
        espace = configured(espace, mail_section(courriel), nuit=f'rapport_envoi = "{envoi}"')
        deposit(espace, spec)
        done = type_edi(capsys, "-e", espace.root, "run", "--job", "nuit")

    assert done.code == 0
    assert [mail["To"] for mail in box.mails if mail.is_multipart()] == ["edi@example.org"] * sent
    assert len(espace.spool.reports()) == 2


def test_a_webhook_is_posted_the_figures(espace: EspaceDeNuit) -> None:
    (espace.root / "secret").write_text("entre nous")
    with web_server([]) as (crochet, posts):
        section = f'[[alertes.webhook]]\nnom = "astreinte"\nurl = "{crochet.url}"\nsecret = "fichier:secret"'
        espace = configured(espace, section)
        deposit(espace, CUT)
        run(espace)
        App(espace).look()
    (told,) = [json.loads(body)["rapport"] for _, body in posts if b'"rapport"' in body]

    assert (told["tache"], told["jour"], told["a_faire"]) == ("nuit", "2026-11-20", "1 chose à faire")
    assert told["factures"] == {"reportees": 0, "recues": 0, "acceptees": 0, "rejetees": 0, "en_attente": 0}
    assert told["consignes"][0] == {
        "qui": "FOURNISSEURS",
        "phrase": "1 fournisseur : 1 dépôt irrecevable.",
        "commandes": ["edi flux list --appli BBB456"],
    }


# -- read -------------------------------------------------------------------------------------------------

NASTY = '<b>"Dupont" & Fils</b><script>alert(1)</script>'
ENTETE = Entete(
    "nuit",
    date(2026, 11, 20),
    Genre.PREVU,
    datetime(2026, 11, 20, 21, tzinfo=UTC),
    datetime(2026, 11, 20, 21, 30, tzinfo=UTC),
    Issue.REUSSI,
    passage=1,
    plateforme=NASTY,
)
POINTS = tuple(Point(date(2026, 11, n), Compte(0, 10 * n, 9 * n, n, 0)) for n in range(1, 21))
FIGURES = Bilan(
    ENTETE,
    (
        Ligne("AAA123", "111", NASTY, Compte(0, 9, 2, 7, 0), (Somme("EUR", Decimal("1234.5")),), 0, 0.99, 9,
              ("EDI-XSD-01",), NASTY),
        Ligne("BBB456", "222", "ARMOR", Compte(0, 5, 5, 0, 0)),
    ),
    historique=POINTS,
)  # fmt: skip
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Reader(HTMLParser):
    """Reads a page as strictly as XML: every tag is closed, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read_page(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_is_well_formed_needs_nothing_else_and_escapes_what_suppliers_write() -> None:
    page = write_page(FIGURES, PARIS)
    reader = read_page(page)
    tags = {tag for tag, _ in reader.seen}
    ids = [attrs["id"] for _, attrs in reader.seen if "id" in attrs]

    assert tags.isdisjoint({"script", "iframe", "link", "img", "object"})
    assert "<script>alert" not in page
    assert NASTY in reader.text
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)|url\(|@import|https?://(?!www\.w3\.org/)""", page)
    assert len(ids) == len(set(ids))
    assert {attrs["href"] for tag, attrs in reader.seen if tag == "a"} <= {"#EDI-XSD-01"}


def test_tables_say_what_they_are_and_what_their_cells_mean() -> None:
    reader = read_page(write_page(FIGURES, PARIS))
    tables = [tag for tag, _ in reader.seen if tag == "table"]

    assert [tag for tag, _ in reader.seen].count("caption") == len(tables) == 1
    assert {attrs.get("scope") for tag, attrs in reader.seen if tag == "th"} == {"col", "row"}


def test_page_and_text_tell_the_same_figures() -> None:
    page, text = read_page(write_page(FIGURES, PARIS)).text, write_text(FIGURES, PARIS)

    for told in (
        "14 factures reçues = 7 acceptées + 7 rejetées + 0 en attente",
        "1 234,50 €",
        "22 %",
        "99 %",
    ):
        assert told in page.replace("\N{NO-BREAK SPACE}", " ")
        assert told in text


@pytest.mark.parametrize("points", [POINTS, POINTS[:1], (), (Point(date(2026, 1, 1), Compte()),) * 40])
def test_the_chart_is_xml_that_says_in_words_what_it_shows(points: tuple[Point, ...]) -> None:
    svg = etree.fromstring(write_svg(points))
    name = {"s": "http://www.w3.org/2000/svg"}
    bars = svg.findall(".//s:g", name)
    numbers = [float(value) for value in svg.xpath("//s:rect/@y | //s:rect/@height", namespaces=name)]

    assert svg.get("role") == "img"
    assert svg.find("s:title", name) is not None
    assert svg.find("s:desc", name) is not None
    assert len(bars) == min(len(points), 30)
    assert all(0 <= number <= 240 for number in numbers)


def test_a_rejection_among_thousands_is_seen_on_the_chart() -> None:
    svg = etree.fromstring(write_svg([Point(date(2026, 11, 20), Compte(0, 9999, 9998, 1, 0))]))
    (bar,) = svg.xpath("//*[@class='g-rejetees']")

    assert float(bar.get("height")) >= 1


# -- in a browser -----------------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium")


Look = Callable[[str, int, str], str]


@pytest.fixture
def browse(tmp_path: Path) -> Look:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed here")

    def look(page: str, width: int, probe: str) -> str:
        """What a piece of JavaScript says of a page that is shown so wide."""
        frame = f"""<!doctype html><meta charset="utf-8">
            <iframe src="page.html" style="width:{width}px;height:3000px;border:0"></iframe>
            <script>onload = () => {{ const p = document.querySelector("iframe");
            const w = p.contentWindow, d = p.contentDocument;
            document.title = JSON.stringify((() => {{ {probe} }})()); }}</script>"""
        (tmp_path / "page.html").write_text(page, "utf-8")
        (tmp_path / "frame.html").write_text(frame, "utf-8")
        flags = "--headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run".split()
        flags += ["--disable-component-update", "--disable-sync", "--allow-file-access-from-files"]
        command = [
            str(CHROMIUM),
            *flags,
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=1600,1200",
        ]
        shown = [*command, "--virtual-time-budget=5000", "--dump-dom", (tmp_path / "frame.html").as_uri()]
        done = subprocess.run(shown, capture_output=True, text=True, timeout=90, check=True)
        found = re.search(r"<title>(.*?)</title>", done.stdout)
        assert found is not None, done.stderr[-2000:]
        return found[1]

    return look


@pytest.mark.parametrize("width", [390, 800, 940, 1280])
def test_nothing_overflows_whatever_the_width(browse: Look, width: int) -> None:
    long = replace(FIGURES.lignes[0], nom="FSO1100A_FRN034_FRN0341100000000000001000" * 3)
    page = write_page(replace(FIGURES, lignes=(long, *FIGURES.lignes)), PARIS)
    probe = """return [w.innerWidth, d.documentElement.scrollWidth,
        [...d.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > w.innerWidth + 1
            && getComputedStyle(e).position !== "absolute" && !e.closest("thead")).length];"""

    assert json.loads(browse(page, width, probe)) == [width, width, 0]
