"""From the text of an XPath 2.0 expression to its tree, by recursive descent."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.lexer import Token, read_words
from edi.validators.compiled.reading.xpath import (
    ANYWHERE,
    Binary,
    Call,
    Cast,
    Expr,
    Filter,
    For,
    Here,
    If,
    Literal,
    Negative,
    Path,
    Root,
    Sequence,
    Step,
    Var,
)

# from the loosest to the tightest; each level is left-associative
_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"or"}),
    frozenset({"and"}),
    frozenset("= != < <= > >= eq ne lt le gt ge is << >>".split()),
    frozenset({"to"}),
    frozenset({"+", "-"}),
    frozenset({"*", "div", "idiv", "mod"}),
    frozenset({"|", "union"}),
    frozenset({"intersect", "except"}),
)
_KIND_TESTS = frozenset({"node", "text", "comment", "processing-instruction", "element", "attribute"})
_NO_STEP = frozenset({"", ")", "]", ",", "then", "else", "return", "satisfies", "in"})
_OPERATORS = frozenset().union(*_LEVELS)


@lru_cache(maxsize=16384)
def parse(text: str) -> Expr:
    """The tree of an expression. Raises NotCompiled when it is not of the subset that we read."""
    reader = _Reader(tuple(read_words(text)))
    try:
        tree = reader.sequence()
        reader.expect("")
    except NotCompiled as error:
        raise NotCompiled(f"{error} in {' '.join(text.split())[:200]}") from error
    return tree


class _Reader:
    def __init__(self, words: tuple[Token, ...]) -> None:
        self._words = words
        self._at = 0

    @property
    def _word(self) -> Token:
        return self._words[self._at]

    def _is(self, *texts: str, ahead: int = 0) -> bool:
        """Whether a word, not a string that looks like one, is one of these."""
        word = self._words[min(self._at + ahead, len(self._words) - 1)]
        return word.kind != "string" and word.text in texts

    def _take(self) -> str:
        self._at += 1
        return self._words[self._at - 1].text

    def _skip(self, *texts: str) -> bool:
        if self._word.kind != "end" and self._is(*texts):
            self._at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self._is(text):
            raise NotCompiled(f"{text or 'the end'!r} expected and {self._word.text!r} found")
        self._at += 1

    # -- expressions --------------------------------------------------------------------------------------

    def sequence(self) -> Expr:
        items = [self.single()]
        while self._skip(","):
            items.append(self.single())
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def single(self) -> Expr:
        if self._is("for", "some", "every") and self._words[self._at + 1].kind == "variable":
            return self._for()
        if self._is("if") and self._is("(", ahead=1):
            return self._if()
        return self._level(0)

    def _for(self) -> Expr:
        kind = self._take()
        bindings = [self._binding()]
        while self._skip(","):
            bindings.append(self._binding())
        self.expect("return" if kind == "for" else "satisfies")
        return For(kind, tuple(bindings), self.single())

    def _binding(self) -> tuple[str, Expr]:
        name = _name_of(self._take())
        self.expect("in")
        return name, self.single()

    def _if(self) -> Expr:
        self._take()
        self.expect("(")
        condition = self.sequence()
        self.expect(")")
        self.expect("then")
        then = self.single()
        self.expect("else")
        return If(condition, then, self.single())

    def _level(self, rank: int) -> Expr:
        if rank == len(_LEVELS):
            return self._castable()
        left = self._level(rank + 1)
        while self._word.kind in ("name", "sign") and self._word.text in _LEVELS[rank]:
            operator = self._take()
            right = self._level(rank + 1)
            left = Binary("|" if operator == "union" else operator, left, right)
        return left

    def _castable(self) -> Expr:
        operand = self._unary()
        while self._is("castable", "cast") and self._is("as", ahead=1):
            asked = self._take() == "castable"
            self._take()
            type_ = self._take()
            operand = Cast(operand, type_, self._skip("?"), asked)
        if self._is("instance", "treat"):
            raise NotCompiled(f"{self._word.text} is not read")
        return operand

    def _unary(self) -> Expr:
        negative = False
        while self._is("-", "+"):
            negative ^= self._take() == "-"
        path = self._path()
        return Negative(path) if negative else path

    # -- paths --------------------------------------------------------------------------------------------

    def _path(self) -> Expr:
        if self._skip("//"):
            return _make_path(Root(), [ANYWHERE, *self._steps()])
        if self._skip("/"):
            if self._word.kind == "end" or self._is(*_NO_STEP) or self._is(*_OPERATORS - {"*"}):
                return Root()
            return _make_path(Root(), self._steps())
        steps = self._steps()
        if len(steps) == 1 and isinstance(steps[0], Filter):
            first = steps[0]
            return first if first.predicates else first.operand
        if isinstance(steps[0], Filter):
            first = steps[0]
            return _make_path(first if first.predicates else first.operand, steps[1:])
        return _make_path(Here(), steps)

    def _steps(self) -> list[Step | Filter]:
        steps = [self._step()]
        while True:
            if self._skip("//"):
                steps.append(ANYWHERE)
            elif not self._skip("/"):
                return steps
            steps.append(self._step())

    def _step(self) -> Step | Filter:
        step = self._axis_step()
        if step is not None:
            return Step(step.axis, step.test, self._predicates())
        return Filter(self._primary(), self._predicates())

    def _axis_step(self) -> Step | None:
        if self._skip(".."):
            return Step("parent", "node()")
        if self._skip("@"):
            return Step("attribute", self._test())
        if self._word.kind == "axis":
            axis = self._take()
            self.expect("::")
            return Step(axis, self._test())
        is_name = self._word.kind == "name" or self._is("*")
        called = self._is("(", ahead=1)
        if is_name and (not called or self._word.text in _KIND_TESTS):
            return Step("child", self._test())
        return None

    def _test(self) -> str:
        name = self._take()
        if name in _KIND_TESTS and self._skip("("):
            self.expect(")")
            return f"{name}()"
        return name

    def _predicates(self) -> tuple[Expr, ...]:
        found = []
        while self._skip("["):
            found.append(self.sequence())
            self.expect("]")
        return tuple(found)

    def _primary(self) -> Expr:
        word = self._word
        readers: dict[str, Callable[[], Expr]] = {
            "string": self._string,
            "number": self._number,
            "variable": lambda: Var(_name_of(self._take())),
            "name": self._call,
        }
        if word.kind in readers:
            return readers[word.kind]()
        if self._skip("."):
            return Here()
        if self._skip("("):
            if self._skip(")"):
                return Sequence(())
            inner = self.sequence()
            self.expect(")")
            return inner
        raise NotCompiled(f"{word.text!r} is no beginning of an expression")

    def _string(self) -> Expr:
        text = self._take()
        return Literal(text[1:-1].replace(text[0] * 2, text[0]))

    def _number(self) -> Expr:
        text = self._take()
        if "e" in text.lower():
            return Literal(float(text))
        return Literal(Decimal(text) if "." in text else int(text))

    def _call(self) -> Expr:
        name = self._take()
        self.expect("(")
        arguments: list[Expr] = []
        while not self._skip(")"):
            if arguments:
                self.expect(",")
            arguments.append(self.single())
        return Call(name.removeprefix("fn:"), tuple(arguments))


def _make_path(start: Expr, steps: list[Step | Filter]) -> Expr:
    return Path(start, tuple(steps)) if steps else start


def _name_of(variable: str) -> str:
    return variable[1:].strip()
