"""Covers a message with phrases: what it says is known only when nothing is left over.

A language is written as templates (see ``template``); what each of them means is its :class:`Sense`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Flag, auto

from portal.assistant.guardrails.consent.spelling import Stretches
from portal.assistant.guardrails.consent.template import Templates, Words, by_first_word, words_in


class Sense(Flag):
    """What a phrase says; a message says all of what its phrases do."""

    FILLER = 0
    #: "and": something has to follow.
    OPEN = auto()
    #: "thanks": with a mere "ok" perhaps a goodbye.
    CLOSING = auto()
    #: "that's all": no yes, and after a "no" perhaps the answer to "anything else?".
    DONE = auto()
    #: "ok", "sure": a yes, and a filler before anything else.
    WEAK = auto()
    #: "great": a yes, but none that settles what is unclear.
    PRAISE = auto()
    YES = auto()
    #: Names the act: "book it", "go ahead".
    ACT = auto()
    #: Names the act and may ask for another: "move it". A yes before it settles that.
    EITHER = auto()
    #: Nothing settles it: "change the time" when a new time waits for a yes.
    UNSURE = auto()
    NO = auto()
    #: A no that names the act or ends the request.
    REFUSAL = auto()


@dataclass(frozen=True)
class Language:
    """``names`` are the templates used inside others, ``phrases`` count for every kind of request, ``by_kind`` for one."""

    names: Mapping[str, str]
    phrases: Mapping[Sense, str]
    by_kind: Mapping[str, Mapping[Sense, str]]


class Grammar:
    """One language's phrases for one kind of request, made ready."""

    def __init__(self, language: Language, kind: str) -> None:
        groups = (language.phrases, language.by_kind[kind])
        spoken = [(sense, template) for group in groups for sense, template in group.items()]
        templates = Templates(language.names)
        read = [(sense, templates.read(template)) for sense, template in spoken]
        self._by_first = by_first_word(
            (phrase, (sense, phrase)) for sense, phrases in read for phrase in phrases.options
        )
        texts = [*language.names.values(), *(template for _, template in spoken)]
        self._stretches = Stretches(set().union(*map(words_in, texts)))

    def senses(self, words: Iterable[str]) -> set[Sense]:
        """What ``words`` can say, one for each way to cover all of them; empty when there is none or the end is missing.

        The work grows with the number of words only: at each, the phrases that begin with it are tried once.
        """
        words = Words(self._stretches.undo(word) for word in words)
        said: list[set[Sense]] = [{Sense.FILLER}, *(set() for _ in words)]
        for at, word in enumerate(words):
            if said[at]:
                for sense, phrase in self._by_first.get(word, ()):
                    for end in phrase.ends(words, at):
                        said[end] |= {_join(before, sense) for before in said[at]}
        return {sense for sense in said[-1] if Sense.OPEN not in sense}


def _join(before: Sense, sense: Sense) -> Sense:
    """What is said after one more phrase; only one with a sense of its own completes what "and" opened."""
    if sense is Sense.FILLER or sense is Sense.OPEN:
        return before | sense
    return (before & ~Sense.OPEN) | sense
