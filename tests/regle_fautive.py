"""A version of an official pack that is wrong, and lots of several senders that it strikes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from feuilles import write_newer
from workspace import deposit

from edi.app import App
from edi.espace import Espace
from edi.regles import examen
from edi.regles.examen import Proposal
from edi.samples import LotSpec
from edi.samples.faults import REFORME
from edi.samples.world import PAPETERIES, PLATEFORME

JEU = "en16931-ubl"
# Four invoices that such a rule rejects before it can be told from any other; then six more.
BEFORE = (
    LotSpec(REFORME, 2, numero_flux=1, prefixe="KA"),
    LotSpec(REFORME, 2, numero_flux=2, graine=2, fournisseur=PAPETERIES, prefixe="PA"),
)
AFTER = (
    LotSpec(REFORME, 2, numero_flux=1, graine=3, appli="BBB456", fournisseur=PLATEFORME, prefixe="PL"),
    LotSpec(REFORME, 2, numero_flux=2, graine=4, appli="BBB456", fournisseur=PAPETERIES, prefixe="PB"),
    LotSpec(REFORME, 2, numero_flux=3, graine=5, fautes={1: "devise-inconnue"}, prefixe="KB"),
)


def install(espace: Espace, folder: Path, version: str, test: str, depuis: date) -> None:
    """Another version of the official pack, in which one rule tests something else."""
    path = write_newer(folder / version, JEU, "BR-02", test)
    packs = espace.regles.read()
    before = [pack for pack in packs[JEU] if not pack.candidat][-1]
    proposal = Proposal(JEU, version, path.name, path.read_bytes(), {}, depuis, "")
    candidate = examen.propose(proposal, packs, before, espace.today())
    espace.regles.record(espace.regles.keep(candidate, proposal.files))
    espace.regles.activate(JEU, version, depuis)


def receive(espace: Espace, *specs: LotSpec) -> None:
    for spec in specs:  # one at a time, so that their order is theirs
        deposit(espace, spec)
        App(espace).run_once()
