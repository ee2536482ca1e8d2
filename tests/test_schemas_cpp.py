"""The schemas of the CPP formats: what they accept, and each thing they must refuse."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from edi.resources import locate

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "choruspro"

ENVELOPPE = """
<Enveloppe><EnveloppeUnitaire NumOrdre="1"><Parametres>
<ParametreIndiv NumOrdre="0001"><Code>DtPrd</Code><Valeurparametre>2025</Valeurparametre></ParametreIndiv>
<ParametreIndiv NumOrdre="0002"><Code>IdFlx</Code><Valeurparametre>AAA123</Valeurparametre></ParametreIndiv>
</Parametres><Partenaires>
<Recepteur><Id>AAA123</Id></Recepteur><Emetteur><Id>CPP001</Id></Emetteur></Partenaires>
</EnveloppeUnitaire></Enveloppe>
"""
FOURNISSEUR = (
    "<TypeIdentifiant>1</TypeIdentifiant><Identifiant>00031001100010</Identifiant>"
    "<RaisonSociale>MENUISERIE KERVADEC</RaisonSociale><CodePays>FR</CodePays>"
)
DEBITEUR = (
    "<Debiteur><TypeIdentifiant>1</TypeIdentifiant><Identifiant>12345678200051</Identifiant>"
    "<Nom/><CodeService/><NomService/></Debiteur>"
)
FLUX = f"""<CPPStatut>{ENVELOPPE}
<CPPFluxStatuts compteur="1"><CPPFluxStatutUnitaire NumOrdre="1"><DonneesStatut>
<IdStatut>96</IdStatut><ComplementStatut>Intégré partiellement</ComplementStatut><Commentaire/><Note/>
<Horodatage>2025-09-15T10:00:00+02:00</Horodatage><IdProducteur>CPP00001</IdProducteur><Producteur/>
<IdFlux>AAA1231100000000000000001</IdFlux>
<Details NbLignesErreur="1"><LigneErreurDetail IdLigne="1"><NatureErreur>Fonctionnelle</NatureErreur>
<CodeErreur>EDI-DEST-01</CodeErreur><LibelleErreur>Destinataire inconnu.</LibelleErreur>
<DescriptionErreur>facture FA-1</DescriptionErreur></LigneErreurDetail></Details>
</DonneesStatut></CPPFluxStatutUnitaire></CPPFluxStatuts></CPPStatut>"""
FACTURE = f"""<CPPStatut Version="V1_19">{ENVELOPPE}
<CPPFactureStatuts compteur="1"><CPPFactureStatutUnitaire NumOrdre="1">
<Fournisseur>{FOURNISSEUR}</Fournisseur>{DEBITEUR}
<DonneesStatut><IdStatut>07</IdStatut><ComplementStatut>Service fait</ComplementStatut>
<Commentaire>Vu</Commentaire><Horodatage>2025-09-15T10:00:00.000+02:00</Horodatage><Producteur Id="x"/>
<IdFacture>FA-1</IdFacture><DateFacture>2025-09-01</DateFacture><IdMandatDP>M-7</IdMandatDP></DonneesStatut>
</CPPFactureStatutUnitaire></CPPFactureStatuts></CPPStatut>"""
MONTANTS = (
    "<Montants><MontantHT>100.00</MontantHT><MontantTTC>105.50</MontantTTC>"
    "<MontantNetAPayer>105.50</MontantNetAPayer></Montants>"
)
TVA = "<TVA><Taux>5.5</Taux><BaseHt>100.00</BaseHt><MontantTVA>5.50</MontantTVA></TVA>"
ENGAGEMENT = "<Engagement><NumeroMarche/><NumeroEngagement>EJ1</NumeroEngagement></Engagement>"
PJ = (
    '<PJ NumOrdre="1"><Contenu>UEsF</Contenu><NomPJ>facture.pdf</NomPJ><TypePJ>01</TypePJ>'
    "<MimeTypePJ>application/pdf</MimeTypePJ></PJ>"
)
MIXTE = f"""<CPPFactureMixte>{ENVELOPPE}
<CPPFactures Compteur="1"><CPPFactureMixteUnitaire NumOrdre="1"><Fournisseur>{FOURNISSEUR}</Fournisseur>
{DEBITEUR}<DonneesFacture><Id>FA-1</Id><Type>380</Type><Cadre>A1</Cadre>
<DateEmissionFacture>2025-09-15</DateEmissionFacture><ModePaiement><Code>30</Code></ModePaiement>
<Devise>EUR</Devise>{MONTANTS}<TVAS>{TVA}</TVAS>{ENGAGEMENT}</DonneesFacture>{PJ}
</CPPFactureMixteUnitaire></CPPFactures></CPPFactureMixte>"""
PIVOT = f"""<CPPFacturePivot Version="V2_02">{ENVELOPPE}
<CPPFactures Compteur="1"><CPPFacturePivotUnitaire NumOrdre="1"><Fournisseur>{FOURNISSEUR}
<ReferenceBancaire Type="IBAN"><Compte>FR76</Compte></ReferenceBancaire><ModeEmission>flux</ModeEmission>
</Fournisseur>{DEBITEUR}<DonneesFacture><Id>FA-1</Id><IdCPRO>7</IdCPRO><Renvoi>Recyclée</Renvoi>
<IdFactureOrigine>FA-0</IdFactureOrigine><Type>380</Type><Cadre>A25</Cadre>
<DateEmissionFacture>2025-09-15</DateEmissionFacture>
<ModePaiement><Code>42</Code><Libelle>Virement</Libelle></ModePaiement>
<DateReception>2025-09-16</DateReception><Devise>EUR</Devise>{MONTANTS}<TVAs>{TVA}</TVAs>{ENGAGEMENT}
<Lignes><Ligne NumOrdre="1"><PrixUnitaire>50</PrixUnitaire><Quantite>2</Quantite><MontantHT>100</MontantHT>
</Ligne></Lignes></DonneesFacture>{PJ}
<CycleDeValidation><ValidationUnitaire><DateStatut>2025-09-15</DateStatut><CodeStatut>01</CodeStatut>
<ProducteurStatut><TypeIdentifiant>1</TypeIdentifiant><Id>1</Id><RaisonSociale>MOE</RaisonSociale>
<CodePays>FR</CodePays></ProducteurStatut></ValidationUnitaire></CycleDeValidation>
</CPPFacturePivotUnitaire></CPPFactures></CPPFacturePivot>"""
DOCUMENTS = {"flux": FLUX, "facture": FACTURE, "mixte": MIXTE, "pivot": PIVOT}


@cache
def load(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(locate("schemas", "cpp", f"{name}.xsd"))))


def is_valid(document: str) -> bool:
    root = etree.fromstring(document)
    return load(str(root.tag)).validate(root)


def changed(name: str, old: str, new: str) -> str:
    document = DOCUMENTS[name]
    assert old in document, f"{old} is not in the sample {name}"
    return document.replace(old, new, 1)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_complete_document_is_accepted(name: str) -> None:
    document = DOCUMENTS[name]

    assert is_valid(document)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("flux", "<ComplementStatut>Intégré partiellement</ComplementStatut><Commentaire/><Note/>", ""),
        ("flux", "<IdProducteur>CPP00001</IdProducteur><Producteur/>", ""),
        ("facture", "<IdStatut>07<", "<IdStatut>7<"),
        ("facture", "<IdStatut>07<", "<IdStatut>41<"),
        ("facture", "<Nom/><CodeService/><NomService/>", ""),
        ("facture", "12345678200051", "1234567820005X"),
        ("mixte", "<NomPJ>facture.pdf", "<NomPJ>" + "f" * 46 + ".pdf \n"),
        ("mixte", ENGAGEMENT, ""),
        ("mixte", ENGAGEMENT, "<Engagement/>"),
        ("mixte", f"<TVAS>{TVA}</TVAS>", ""),
        ("mixte", TVA, ""),
        ("mixte", "<Taux>5.5<", "<Taux>0.0213456789<"),
        ("mixte", "<Type>380<", "<IdFactureOrigine>FA-0</IdFactureOrigine><Type>380<"),
        ("mixte", "<Code>30</Code>", "<Code/><Libelle>Virement</Libelle>"),
        ("mixte", "100.00", "1234567890123.123456"),
        ("mixte", "100.00", "-100.00"),
        ("mixte", PJ, PJ + PJ.replace("01", "02")),
        ("mixte", "FR</CodePays>", 'FR</CodePays><ReferenceBancaire Type="RIB"/>'),
        (
            "mixte",
            "<RaisonSociale>",
            '<RaisonSociale xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            'xmlns:xs="http://www.w3.org/2001/XMLSchema" xsi:type="xs:string">',
        ),
        (
            "mixte",
            "<CPPFactureMixte>",
            '<CPPFactureMixte xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            'xsi:noNamespaceSchemaLocation="CPPFactureMixte_V1.14.xsd">',
        ),
        ("pivot", "<Contenu>UEsF</Contenu>", ""),
    ],
)
def test_what_real_flows_vary_is_accepted(name: str, old: str, new: str) -> None:
    document = changed(name, old, new)

    assert is_valid(document)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        # the envelope
        ("mixte", "<Code>DtPrd</Code>", "<Code>Date</Code>"),
        ("mixte", '<ParametreIndiv NumOrdre="0001">', '<ParametreIndiv NumOrdre="1">'),
        (
            "mixte",
            '<ParametreIndiv NumOrdre="0002"><Code>IdFlx</Code><Valeurparametre>AAA123</Valeurparametre>'
            "</ParametreIndiv>",
            "",
        ),
        (
            "mixte",
            "<Recepteur><Id>AAA123</Id></Recepteur><Emetteur><Id>CPP001</Id></Emetteur>",
            "<Emetteur><Id>CPP001</Id></Emetteur><Recepteur><Id>AAA123</Id></Recepteur>",
        ),
        ("mixte", "<Id>CPP001</Id>", "<Id>CP</Id>"),
        ("mixte", "<Id>CPP001</Id>", "<Id>CPP001234</Id>"),
        ("mixte", ENVELOPPE, ""),
        ("mixte", '<EnveloppeUnitaire NumOrdre="1">', '<EnveloppeUnitaire NumOrdre="-1">'),
        # statut of a flux
        ("flux", "<IdStatut>96<", "<IdStatut>89<"),
        ("flux", "<IdStatut>96<", "<IdStatut>97<"),
        ("flux", "Intégré partiellement", "x" * 41),
        ("flux", "2025-09-15T10:00:00+02:00", "2025-09-15"),
        ("flux", "CPP00001", "CPP001"),
        ("flux", "<Producteur/>", "<Producteur>CPP</Producteur>"),
        ("flux", "<IdFlux>AAA1231100000000000000001</IdFlux>", ""),
        ("flux", ' NbLignesErreur="1"', ""),
        ("flux", "<CodeErreur>EDI-DEST-01</CodeErreur>", ""),
        ("flux", 'compteur="1"', 'Compteur="1"'),
        ("flux", "</CPPFluxStatuts>", '</CPPFluxStatuts><CPPFactureStatuts compteur="0"/>'),
        # statut of an invoice
        ("facture", "<IdStatut>07<", "<IdStatut>00<"),
        ("facture", "<IdStatut>07<", "<IdStatut>42<"),
        ("facture", "<IdStatut>07<", "<IdStatut>90<"),
        ("facture", "12345678200051", "1234567820005"),
        ("facture", "<Debiteur><TypeIdentifiant>1<", "<Debiteur><TypeIdentifiant>2<"),
        ("facture", "<IdFacture>FA-1</IdFacture>", ""),
        ("facture", "<DateFacture>2025-09-01<", "<DateFacture>01/09/2025<"),
        ("facture", '<Producteur Id="x"/>', '<Producteur Id="x">y</Producteur>'),
        # mixed invoice
        ("mixte", PJ, ""),
        ("mixte", "<Id>FA-1</Id>", "<Id>" + "1" * 21 + "</Id>"),
        ("mixte", "<Id>FA-1</Id>", ""),
        ("mixte", "<Type>380<", "<Type>325<"),
        ("mixte", "<Cadre>A1<", "<Cadre>A11<"),
        ("mixte", "<Cadre>A1<", "<Cadre>A26<"),
        ("mixte", "<Cadre>A1</Cadre>", ""),
        ("mixte", "2025-09-15</DateEmission", "15/09/2025</DateEmission"),
        ("mixte", "2025-09-15</DateEmission", "2025-02-30</DateEmission"),
        ("mixte", "<ModePaiement><Code>30</Code></ModePaiement>", ""),
        ("mixte", "<Devise>EUR<", "<Devise>eur<"),
        ("mixte", "100.00", "100,00"),
        ("mixte", "100.00", "100.1234567"),
        ("mixte", "100.00", "12345678901234.123456"),
        ("mixte", "<MontantNetAPayer>105.50</MontantNetAPayer>", ""),
        ("mixte", f"<TVAS>{TVA}</TVAS>", f"<TVAs>{TVA}</TVAs>"),
        ("mixte", "<CodeService/>", "<CodeService>" + "S" * 101 + "</CodeService>"),
        ("mixte", "EJ1", "E" * 51),
        ("mixte", "<NumeroMarche/>", "<NumeroMarche>" + "M" * 51 + "</NumeroMarche>"),
        ("mixte", "facture.pdf", "f" * 47 + ".pdf"),
        ("mixte", "<TypePJ>01<", "<TypePJ>1<"),
        ("mixte", "<MimeTypePJ>application/pdf</MimeTypePJ>", ""),
        ("mixte", "<TypeIdentifiant>1<", "<TypeIdentifiant>8<"),
        ("mixte", "<CodePays>FR<", "<CodePays>FRA<"),
        ("mixte", "FR</CodePays>", "FR</CodePays><ModeEmission>flux</ModeEmission>"),
        ("mixte", "<Devise>", "<DateReception>2025-09-15</DateReception><Devise>"),
        # pivot
        ("pivot", "<ModeEmission>flux</ModeEmission>", ""),
        ("pivot", "<ModeEmission>flux<", "<ModeEmission>EDI<"),
        ("pivot", 'Type="IBAN"', 'Type="BIC"'),
        ("pivot", "<Id>FA-1</Id>", "<Id/>"),
        ("pivot", "Recyclée", "Oui"),
        ("pivot", "<Code>42<", "<Code>01<"),
        ("pivot", "<DateReception>2025-09-16</DateReception>", ""),
        ("pivot", "<Quantite>2</Quantite>", ""),
        ("pivot", f"<TVAs>{TVA}</TVAs>", f"<TVAS>{TVA}</TVAS>"),
        ("pivot", "<Contenu>UEsF<", "<Contenu>UEsFB<"),
        ("pivot", "<ProducteurStatut><TypeIdentifiant>1<", "<ProducteurStatut><TypeIdentifiant>7<"),
        ("pivot", PJ, ""),
    ],
)
def test_what_is_wrong_is_refused(name: str, old: str, new: str) -> None:
    document = changed(name, old, new)

    assert not is_valid(document)


@pytest.mark.parametrize("pattern", ["CPPStatut_*", "CPPFactureMixte_*", "CPPFacturePivot_*"])
def test_real_samples_are_accepted(pattern: str) -> None:
    samples = sorted(CORPUS.glob(pattern))
    if not samples:
        pytest.skip("the corpus of real samples is not beside this repository")

    for sample in samples:
        root = etree.parse(str(sample)).getroot()
        schema = load(str(root.tag))
        accepted = schema.validate(root)

        assert accepted, schema.error_log
