"""The whole of what one export replaces: documents, names, sentences that quote them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from edi.inbound.readers import facturx
from edi.masque.balises import Ecartee, mask_document
from edi.masque.valeurs import Chiffre
from edi.model import FactureStatut
from edi.samples.facturx import Hybride, write_hybride
from edi.validators.wording import euros, plain

_SIGNS = re.compile(r"^[\W_]+")
_WORD = re.compile(r"[^\W_]+")
_MANY = 2_000  # values among which short amounts meet whatever the key
_SHORT = 4  # characters from which a value is looked for in sentences
_QUOTED = re.compile(r"«([\s\u00a0\u202f]*)(.*?)([\s\u00a0\u202f]*)»", re.DOTALL)
_AMOUNTS = re.compile(
    r"(?<![\w/.,-])\d{1,3}(?:[\u00a0\u202f ]\d{3})*(?:[.,]\d+)|(?<![\w/.-])\d+[.,]\d{2,}(?![\w.])"
)
_IDENTIFIERS = re.compile(r"(?<![\w-])(?:[A-Z]{2}\d{2}[A-Z0-9]{11,30}|\d{9,14}|[^\s@«»(),;:]+@[^\s@«»(),;]+)")
_CODE = re.compile(
    r"[A-Z0-9]{1,3}|(?:EDI|BR|BT|BG|G\d|S\d)[\w.-]*|urn:\S+|edi .*|\d{4}-\d{2}-\d{2}|\d{2}/\d{2}/\d{4}.*"
)
# Names that only bear codes and numbers.
_OURS = re.compile(r"(?:[A-Z]{3}\d{4}A_[A-Z]{3}\d{3}|RESTE)_[A-Z]{3}\d{22}(?:\.[a-z.]{1,8})?")


_NIVEAUX = ("EN 16931", "MINIMUM", "BASIC WL", "BASIC", "EXTENDED", "XRECHNUNG")
_RELATIONS = ("Alternative", "Data", "Source", "Supplement", "Unspecified")
_LABELS = {label for statut in FactureStatut for label in (statut.libelle, statut.court)}


class Clair:
    """Nothing is replaced."""

    def coincides(self) -> bool:
        """Must it be done again with other masks?"""
        return False

    def value(self, text: str) -> str:
        """A value of an invoice."""
        return text

    def amount(self, text: str) -> str:
        """An amount."""
        return text

    def nom(self, text: str) -> str:
        """The name of a file."""
        return text

    def phrase(self, text: str) -> str:
        """A sentence of ours, which may quote values."""
        return text

    def document(self, data: bytes) -> bytes | None:
        """An XML document or a Factur-X; None for what cannot be given."""
        return data

    def answer(self, nom: str, data: bytes) -> bytes:
        """A return flow of ours."""
        return data


@dataclass
class Voile(Clair):
    """Everything is replaced; what was replaced in documents is known in sentences."""

    chiffre: Chiffre
    seen: dict[str, str] = field(default_factory=dict)
    limite: int = 120 * 1024**2  # bytes of the invoice in a PDF
    ecartees: list[Ecartee] = field(default_factory=list)
    _index: dict[str, list[str]] = field(default_factory=dict)  # what is seen, by its first word
    _counted: int = 0  # of what was seen when it was indexed

    def value(self, text: str) -> str:
        masked = text if not text.strip() else self.chiffre.text(text)
        self._remember(text, masked)
        return masked

    def amount(self, text: str) -> str:
        masked = self.chiffre.amount(text)
        self._remember(text, masked)
        try:
            was, now = Decimal(text.strip()), Decimal(masked.strip())
        except ArithmeticError:
            return masked
        for write in (plain, euros):
            self._remember(write(was), write(now))
        return masked

    def coincides(self) -> bool:
        """Is a mask, by chance, a value that stood somewhere else? Among very many, that says nothing."""
        return len(self.seen) < _MANY and not self.seen.keys().isdisjoint(self.seen.values())

    def _remember(self, text: str, masked: str) -> None:
        text, masked = text.strip(), masked.strip()
        signs = len(text) - len(_SIGNS.sub("", text))  # at the beginning of both, the same
        if len(text) - signs >= _SHORT and text != masked:
            self.seen[text[signs:]] = masked[signs:]

    def nom(self, text: str) -> str:
        if _OURS.fullmatch(text) or not text:
            return text
        folder, slash, last = text.rpartition("/")
        stem, dot, extension = last.partition(".")
        if _OURS.fullmatch(last):
            return f"{self.value(folder)}{slash}{last}"
        masked = f"{self.value(folder)}{slash}{self.value(stem)}{dot}{extension}"
        self._remember(text, masked)
        self._remember(last, masked.rpartition("/")[2])
        return masked

    def phrase(self, text: str) -> str:
        done: set[str] = set()  # masks that stand in it, not to be masked again
        text = _QUOTED.sub(lambda found: self._quoted(found, done), text)
        text = self._replace_known(text, done)
        text = _AMOUNTS.sub(lambda n: n[0] if n[0] in done else _amount_in(n[0], self.chiffre), text)
        return _IDENTIFIERS.sub(lambda n: n[0] if n[0] in done else self.chiffre.text(n[0]), text)

    def _quoted(self, found: re.Match[str], done: set[str]) -> str:
        inner = found[2]
        if inner in self.seen or _CODE.fullmatch(inner) or _OURS.fullmatch(inner):
            return found[0]  # the first is replaced with all others
        is_amount = re.fullmatch(r"[+-]?\d+[.,]\d+", inner) is not None
        masked = self.chiffre.amount(inner) if is_amount else self.chiffre.text(inner)
        done.add(masked)
        return f"«{found[1]}{masked}{found[3]}»"

    def _replace_known(self, text: str, done: set[str]) -> str:
        """The values that are known, wherever they stand as whole words; the longest first."""
        made, end = "", 0
        for word in _WORD.finditer(text):
            if word.start() < end:
                continue
            for value in self._beginning(word[0]):
                stop = word.start() + len(value)
                if text.startswith(value, word.start()) and not text[stop : stop + 1].isalnum():
                    masked = self.seen[value]
                    done.add(masked)
                    made += text[end : word.start()] + masked
                    end = stop
                    break
        return made + text[end:]

    def _beginning(self, word: str) -> list[str]:
        if self._counted != len(self.seen):
            self._index = defaultdict(list)
            for value in sorted(self.seen, key=len, reverse=True):
                if first := _WORD.match(value):
                    self._index[first[0]].append(value)
            self._counted = len(self.seen)
        return self._index.get(word, [])

    def document(self, data: bytes) -> bytes | None:
        if not data.startswith(b"%PDF-"):
            masked = mask_document(data, self.value, self.amount)
            self.ecartees += masked.pieces
            return masked.data
        try:
            hybride = facturx.open_pdf(data, self.limite)
        except facturx.PdfRefused:
            return None
        masked = mask_document(hybride.data, self.value, self.amount)
        self.ecartees += masked.pieces
        told = hybride.declaration
        return write_hybride(
            Hybride(
                ("Facture masquée : la page d'origine n'est pas donnée.",),
                ((facturx.FICHIER, masked.data),),
                niveau=_among(told.get("niveau", ""), _NIVEAUX),
                relation=_among(hybride.relation, _RELATIONS),
                part=_among(told.get("part", ""), ("3", "1", "2", "4")),
            )
        )

    def answer(self, nom: str, data: bytes) -> bytes:
        phrase = self.phrase if nom.startswith("CSO") else None  # others may quote a destinataire
        return mask_document(data, self._label_or_value, self.amount, phrase).data

    def _label_or_value(self, text: str) -> str:
        return text if text.strip() in _LABELS else self.value(text)


def _among(text: str, known: tuple[str, ...]) -> str:
    """What a PDF says of itself, when it is one of the words for it; else the first of them."""
    return text if text in known else known[0]


def _amount_in(text: str, chiffre: Chiffre) -> str:
    """An amount as a sentence writes it, with its spaces."""
    digits = re.sub(r"[\u00a0\u202f ]", "", text)
    masked = iter(chiffre.amount(digits))
    return "".join(char if char in "\u00a0\u202f " else next(masked) for char in text)
