"""Whether contact details that the model hands over stand in the customer's own words.

A model that lies, or was talked into it, could book in another name or to another address. So what it hands over must
be found in what the customer wrote, however they wrote it: in any case and without accents, "ana at example dot com",
a national phone number, letters one by one. What is not found is asked for.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

import phonenumbers

#: Letters that have no accent to take off.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})
_WORD = re.compile(r"[^\W_]+")
#: "d-i-a-z", "d i a z", "D.I.A.Z": three letters or more.
_SPELLED = re.compile(r"(?<![^\W_])[^\W_](?:[ .\-][^\W_]){2,}(?![^\W_])")
#: Scripts that write without spaces between words (Thai, Chinese, Japanese, …) begin here.
_SPACELESS = "\u0e00"

_SEPARATORS = {
    "@": r"(?:@|\(at\)|\[at\]|\{at\}|\bat\b|\barroba\b|\barobase\b|\bklammeraffe\b)",
    ".": r"(?:\.|\(dot\)|\[dot\]|\bdot\b|\bpoint\b|\bpunto\b|\bpunkt\b|\bperiod\b)",
    "_": r"(?:_|\bunderscore\b|\bunder score\b)",
    "-": r"(?:-|\bdash\b|\bhyphen\b|\bminus\b)",
    "+": r"(?:\+|\bplus\b)",
}
_BEFORE = r"(?<![\w@.+\-])"
_AFTER = r"(?![\w@]|[.\-+]\w|\s+\.\s*\w|\s+(?:dot|punto|punkt)\s+\w)"
#: An address may be written in pieces ("ana diaz @ example . com") where it is all that stands between these.
_ALONE = r"(?:^|[\n,;:])\s*"

_NUMBER = re.compile(r"[+(]?\d[\d\s().\-/\u2010-\u2015]{4,}\d")


def unsaid(said: Iterable[str], *, name: str, email: str, phone: str | None, country: str) -> list[str]:
    """Which of name, email and phone are not in what was ``said``; national numbers are of ``country`` (ISO 3166)."""
    texts = list(said)
    missing = [] if says_name(texts, name) else ["name"]
    missing += [] if says_email(texts, email) else ["email"]
    return missing + ([] if not phone or says_phone(texts, phone, country) else ["phone"])


def says_email(texts: Iterable[str], email: str) -> bool:
    """Whether an address was written: whole, in words, or with blanks around its signs."""
    address = unicodedata.normalize("NFKC", email).casefold().strip()
    parts = [_SEPARATORS.get(character, re.escape(character)) for character in address]
    tight = "".join(
        rf"\s*{part}\s*" if character in _SEPARATORS else part for character, part in zip(address, parts, strict=True)
    )
    loose = r"\s*".join(parts)
    pattern = re.compile(f"{_BEFORE}{tight}{_AFTER}|{_ALONE}{loose}{_AFTER}")
    return any(pattern.search(written) for text in texts for written in _ways(text))


def says_phone(texts: Iterable[str], phone: str, country: str) -> bool:
    """Whether a number was written, in national or international form."""
    wanted = _number(phone, country)
    return wanted is not None and any(
        _is_same(wanted, number, written)
        for text in texts
        for written, number in _numbers(unicodedata.normalize("NFKC", text), country)
    )


def says_name(texts: Iterable[str], name: str) -> bool:
    """Whether every part of a name was written: in any order and case, with or without accents and hyphens."""
    written = [way for text in texts for way in _ways(text)]
    words = {word for text in written for word in _words(text)}
    squeezed = ["".join(text.split()) for text in written]
    return all(_is_part_said(part, words, squeezed) for part in _WORD.findall(_without_apostrophes(_ways(name)[0])))


def _is_part_said(part: str, words: set[str], squeezed: list[str]) -> bool:
    if any(character >= _SPACELESS and not character.islower() for character in part):
        return any(part in text for text in squeezed)
    if not words.isdisjoint(_foldings(part)):
        return True
    # An initial of what was written in full.
    return len(part) == 1 and any(word.startswith(part) for word in words)


def _words(text: str) -> Iterator[str]:
    """Each word, also with its neighbour ("mary jane" is Maryjane too)."""
    for variant in {text, _without_apostrophes(text)}:
        before = ""
        for word in _WORD.findall(variant):
            yield from _foldings(word)
            if len(before) > 1 and len(word) > 1:
                yield from _foldings(before + word)
            before = word


def _foldings(word: str) -> set[str]:
    """A word without its accents, and with German vowels written out."""
    return {_fold(word), _fold(word.translate(_UMLAUTS))}


def _fold(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.translate(_PLAIN))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _without_apostrophes(text: str) -> str:
    return re.sub(r"['’ʼ`´]", "", text)


def _ways(text: str) -> tuple[str, ...]:
    """In small letters as written, and with letters that were spelled one by one put together."""
    text = unicodedata.normalize("NFKC", text).casefold()
    together = _SPELLED.sub(lambda spelled: re.sub(r"[ .\-]", "", spelled[0]), text)
    return (text,) if together == text else (text, together)


def _numbers(text: str, country: str) -> Iterator[tuple[str, phonenumbers.PhoneNumber | None]]:
    for found in _NUMBER.finditer(text):
        yield found[0], _number(found[0], country)
    # Apart from other digits beside it ("2125550142 10am").
    for match in phonenumbers.PhoneNumberMatcher(text, country, leniency=phonenumbers.Leniency.POSSIBLE):
        yield match.raw_string, match.number


def _number(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _is_same(wanted: phonenumbers.PhoneNumber, found: phonenumbers.PhoneNumber | None, written: str) -> bool:
    if found is not None and found.country_code == wanted.country_code:
        return bool(found.national_number == wanted.national_number)
    # "A UK number, 07911 123456" at a business elsewhere: the digits were written, the country in words.
    digits = re.sub(r"\D", "", written).lstrip("0")
    return not written.lstrip("(").startswith("+") and digits == str(wanted.national_number)
