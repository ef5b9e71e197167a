"""Templates of phrases: ``a b`` one after the other, ``a|b`` either, ``[a]`` may be missing, ``(a|b)`` groups, ``<name>``
stands for the template of that name.

Matching walks all ways at once, a set of positions, so it never goes back: its work is bounded by the words at hand.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

T = TypeVar("T")

_COMMENT = re.compile(r"#.*")
_TOKEN = re.compile(r"<[a-z ]+>|[\[\]()|]|[^\s\[\]()|<>]+")


class Words(tuple[str, ...]):
    """A message's words, and what was found out about them: where each named pattern ends, by where it begins."""

    def __init__(self, _words: Iterable[str]) -> None:
        self.found: dict[tuple[int, int], set[int]] = {}


class Pattern(Protocol):
    """``first`` are the words it can begin with; ``skippable`` if it can match no word at all."""

    @property
    def first(self) -> frozenset[str]: ...

    @property
    def skippable(self) -> bool: ...

    def ends(self, words: Words, start: int) -> set[int]:
        """Where in ``words`` it can end when it begins at ``start``."""


@dataclass(frozen=True)
class Word:
    word: str
    skippable: bool = False

    @cached_property
    def first(self) -> frozenset[str]:
        return frozenset({self.word})

    def ends(self, words: Words, start: int) -> set[int]:
        return {start + 1} if start < len(words) and words[start] == self.word else set()


@dataclass(frozen=True)
class Chain:
    """One after the other."""

    links: Sequence[Pattern]

    @cached_property
    def skippable(self) -> bool:
        return all(link.skippable for link in self.links)

    @cached_property
    def first(self) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for link in self.links:
            found |= link.first
            if not link.skippable:
                break
        return found

    def ends(self, words: Words, start: int) -> set[int]:
        reached = {start}
        for link in self.links:
            reached = {end for at in reached for end in link.ends(words, at)}
            if not reached:
                break
        return reached


@dataclass(frozen=True)
class Choice:
    """One of several; with ``skippable`` also none."""

    options: Sequence[Pattern]
    skippable: bool = False

    @cached_property
    def first(self) -> frozenset[str]:
        return frozenset().union(*(option.first for option in self.options))

    @cached_property
    def _by_first(self) -> Mapping[str, Sequence[Pattern]]:
        return by_first_word((option, option) for option in self.options)

    def ends(self, words: Words, start: int) -> set[int]:
        reached = {start} if self.skippable else set()
        if start < len(words):
            for option in self._by_first.get(words[start], ()):
                reached |= option.ends(words, start)
        return reached


@dataclass(frozen=True)
class Named:
    """A pattern that many use: looked for once at each word."""

    pattern: Pattern
    skippable: bool = False

    @cached_property
    def first(self) -> frozenset[str]:
        return self.pattern.first

    def ends(self, words: Words, start: int) -> set[int]:
        key = (id(self), start)
        if key not in words.found:
            words.found[key] = self.pattern.ends(words, start)
        return words.found[key]


def by_first_word(patterns: Iterable[tuple[Pattern, T]]) -> dict[str, list[T]]:
    """What may begin with each word."""
    index: dict[str, list[T]] = {}
    for pattern, value in patterns:
        for word in pattern.first:
            index.setdefault(word, []).append(value)
    return index


class Templates:
    """Reads templates; ``names`` are those that others may use."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._known: dict[str, Pattern] = {}

    def read(self, template: str) -> Choice:
        """The phrases of ``template``. ValueError for one that cannot be read or that matches no word at all."""
        tokens = _tokens(template)[::-1]
        choice = self._choice(tokens)
        if tokens:
            raise ValueError(f"{tokens[-1]!r} closes nothing in: {template}")
        return choice

    def _choice(self, tokens: list[str], *, skippable: bool = False) -> Choice:
        options = [self._chain(tokens)]
        while tokens and tokens[-1] == "|":
            tokens.pop()
            options.append(self._chain(tokens))
        return Choice(options, skippable)

    def _chain(self, tokens: list[str]) -> Pattern:
        links: list[Pattern] = []
        while tokens and tokens[-1] not in {"|", ")", "]"}:
            links.append(self._link(tokens))
        chain = links[0] if len(links) == 1 else Chain(links)
        if chain.skippable:
            raise ValueError(f"An alternative may be empty before: {' '.join(tokens[::-1])[:60]}")
        return chain

    def _link(self, tokens: list[str]) -> Pattern:
        token = tokens.pop()
        if token.startswith("<"):
            return self._named(token[1:-1])
        if token not in {"(", "["}:
            return Word(token)
        choice = self._choice(tokens, skippable=token == "[")
        if not tokens or tokens.pop() != {"(": ")", "[": "]"}[token]:
            raise ValueError(f"{token!r} is not closed")
        return choice

    def _named(self, name: str) -> Pattern:
        if name not in self._known:
            self._known[name] = Named(self.read(self._names[name]))
        return self._known[name]


def words_in(template: str) -> set[str]:
    """Every word that ``template`` itself uses."""
    return {token for token in _tokens(template) if token[0] not in "<[]()|"}


def _tokens(template: str) -> list[str]:
    return _TOKEN.findall(_COMMENT.sub("", template))
