"""One value into its mask: as long, of the same form, its keys as right or wrong as they were."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from stdnum import iban, luhn

_TOKENS = re.compile(r"[^\W\d_]+|\d+")
_NUMBER = re.compile(r"(\s*[+-]?)(\d+)(?:([.,])(\d+))?(\s*)")
_TVA = re.compile(r"FR(\d{2})(\d{9})")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_VOWELS, _CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxz"


@dataclass(frozen=True)
class Chiffre:
    """Makes masks; ``key`` is known to nobody who only has the masks."""

    key: bytes

    def _stream(self, kind: str, value: str, turn: int = 0) -> int:
        told = f"{kind}\0{turn}\0{value}".encode(errors="surrogatepass")
        return int.from_bytes(hmac.digest(self.key, told, hashlib.sha256))

    # -- numbers ------------------------------------------------------------------------------------------

    def digits(self, value: str, kind: str) -> str:
        """As many other digits; a first one that is no zero stays none."""
        turn = 0
        while True:
            number, made = self._stream(kind, value, turn), ""
            for rank, digit in enumerate(value):
                number, rest = divmod(number, 10)
                lowest = int(rank == 0 and digit != "0")
                made += str(max(rest, lowest))
            if made != value or not value.strip("0"):
                return made
            turn += 1

    def amount(self, text: str) -> str:
        """Another amount of the same sign, length and decimals; nought stays nought, equals stay equal."""
        found = _NUMBER.fullmatch(text)
        if found is None:
            return self.text(text)
        sign, whole, mark, decimals, end = found.groups(default="")
        try:
            value = abs(Decimal(f"{whole}.{decimals or 0}"))
        except InvalidOperation:
            return self.text(text)
        if not value:
            return text
        plain = format(value.normalize(), "f")
        entier, _, reste = plain.partition(".")
        seed = f"{entier}|{reste}"
        made = self._digits_of(seed, entier).rjust(len(whole), "0") if entier != "0" else whole
        cents = self._digits_of(f"c{seed}", reste).ljust(len(decimals), "0") if reste else decimals
        return f"{sign}{made}{mark}{cents}{end}"

    def _digits_of(self, seed: str, shape: str) -> str:
        turn = 0
        while True:
            number, made = self._stream("amount", seed, turn), ""
            for rank in range(len(shape)):
                number, rest = divmod(number, 10)
                made += str(rest or (1 if rank in (0, len(shape) - 1) else 0))
            if made != shape:
                return made
            turn += 1

    # -- identifiers --------------------------------------------------------------------------------------

    def siren(self, value: str) -> str:
        """Nine digits whose key is right when it was, and wrong when it was."""
        return self._keyed(self.digits(value[:-1], "siren"), value)

    def siret(self, value: str) -> str:
        """Fourteen digits that begin with the mask of the SIREN."""
        return self._keyed(self.siren(value[:9]) + self.digits(value[9:-1], f"nic{value[:9]}"), value)

    def _keyed(self, head: str, value: str) -> str:
        right = int(luhn.calc_check_digit(head))
        wrong = (int(value[-1]) - int(luhn.calc_check_digit(value[:-1]))) % 10
        return f"{head}{(right + wrong) % 10}"

    def _tva(self, key: str, siren: str) -> str:
        made = self.siren(siren)
        was_right = int(key) == (12 + 3 * (int(siren) % 97)) % 97
        right = (12 + 3 * (int(made) % 97)) % 97
        return f"FR{right if was_right else (right + 1) % 97:02d}{made}"

    def _iban(self, value: str) -> str:
        made = f"{value[:2]}00{self._word(value[4:], value)}"
        check = iban.calc_check_digits(made)
        return f"{value[:2]}{check if iban.is_valid(value) else value[2:4]}{made[4:]}"

    # -- words --------------------------------------------------------------------------------------------

    def text(self, value: str) -> str:
        """Other words of the same length and case; spaces and signs stay."""
        if found := _TVA.fullmatch(value):
            return self._tva(*found.groups())
        compact = value.replace(" ", "")
        if compact and _IBAN.fullmatch(compact) and value == compact:
            return self._iban(value)
        # Each word by its whole value: a word of a sentence that anybody knows says nothing of another value.
        return _TOKENS.sub(lambda token: self._token(token[0], f"{value}\0{token.start()}"), value)

    def _token(self, token: str, seed: str) -> str:
        if not token.isdecimal() or not token.isascii():
            return self._word(token, seed)
        if len(token) == 9:
            return self.siren(token)
        if len(token) == 14:
            return self.siret(token)
        if len(token) == 11:  # the digits of a French VAT number
            return self.digits(token[:2], seed) + self.siren(token[2:])
        return self.digits(token, seed)

    def _word(self, word: str, seed: str) -> str:
        turn = 0
        while True:
            number, made = self._stream("word", seed.casefold(), turn), ""
            for rank, char in enumerate(word):
                number, rest = divmod(number, 20 * 10)
                if char.isdecimal():
                    made += str(rest % 10)
                    continue
                letter = _VOWELS[rest % 5] if rank % 2 else _CONSONANTS[rest % 20]
                made += letter.upper() if char.isupper() else letter
            if made.casefold() != word.casefold():
                return made
            turn += 1
