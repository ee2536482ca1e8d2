"""The public examples have the outcome that their index announces."""

from __future__ import annotations

import csv
from pathlib import Path

from edi.document import open_document
from edi.model import Finding, Severity
from edi.validators.schematron import runner
from edi.validators.schematron.packs import PACKS


def blocking(path: Path, *names: str) -> set[str]:
    """The codes that condemn a document under some packs alone; of a PDF, the invoice that it holds."""
    tree = open_document(path.read_bytes(), "", path.stat().st_size * 100).tree
    found: tuple[Finding, ...] = runner.apply_all([PACKS[name][0] for name in names], tree)
    return {finding.code for finding in found if finding.severity >= Severity.HOLD}


def test_the_examples_of_cen_are_valid_in_both_syntaxes(corpus: Path) -> None:
    folder = corpus / "en16931" / "examples"
    ubl, cii = (
        [p for p in sorted((folder / s).iterdir()) if p.suffix.lower() == ".xml"] for s in ("ubl", "cii")
    )

    assert [(path.name, blocking(path, "en16931-ubl")) for path in ubl] == [
        (path.name, set()) for path in ubl
    ]
    assert [(path.name, blocking(path, "en16931-cii")) for path in cii] == [
        (path.name, set()) for path in cii
    ]
    assert (len(ubl), len(cii)) == (13, 10)


def test_no_example_of_cen_is_a_french_invoice(corpus: Path) -> None:
    for path in sorted((corpus / "en16931" / "examples" / "ubl").iterdir()):
        assert blocking(path, "br-fr-ubl") != set()


def test_the_good_invoice_of_the_hostile_corpus_breaks_no_rule(corpus: Path) -> None:
    assert blocking(corpus / "negatives" / "control_ok.xml", "en16931-ubl", "br-fr-ubl") == set()


def test_the_factur_x_documents_have_the_verdict_measured_for_their_profile(corpus: Path) -> None:
    profiles = {"basicwl": "facturx-basicwl", "extended": "facturx-extended"}
    profiles |= {"en16931": "en16931-cii", "basic": "en16931-cii"}
    agreed, different = 0, []
    for row in csv.DictReader((corpus / "zugferd" / "index.csv").open(encoding="utf-8")):
        path = corpus / "zugferd" / row["file"]
        pack = profiles.get(row["profile"])
        if pack is None or row["measured_vs_expected"] != "agrees" or row["profile_xsd"] != "valid":
            continue
        valid = not blocking(path, pack) - {"CII-DT-031"}
        if valid == (row["expected"] == "correct"):
            agreed += 1
        else:
            different.append((row["file"], row["expected"], row["fatal_rules"]))

    assert different == []
    assert agreed == 17
