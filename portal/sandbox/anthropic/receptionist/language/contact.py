"""Who the customer is: name, e-mail address, phone number, booking reference."""

import re
from collections.abc import Collection

from portal.sandbox.anthropic.receptionist.language.words import fold, word_set

_EMAIL = re.compile(
    r"(?<![\w.+@-])[A-Za-z0-9](?:[\w+-]|"
    r"\.(?=[\w+-]))*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![\w@])"
)
_SPOKEN_EMAIL = re.compile(
    r"\b([\w+-]+(?:(?: dot |\.)[\w+-]+)*)\s+(?:at|\(at\)|\[at\])\s+([\w-]+(?:(?: dot |\.)[\w-]+)*(?: dot |\.)(?:com|"
    r"net|org|io|co|edu|uk|de))\b",
    re.IGNORECASE,
)
_TRIED_EMAIL = re.compile(r"\S*@\S*|\b[\w.+-]+\.(?:com|net|org|io|edu)\b", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w@.+-])\+?\(?\d[\d\s().-]{5,18}\d(?![\w@])")
_DATE_OR_TIME = re.compile(
    r"\b20\d{2}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2})?|\b\d{1,2}/\d{1,2}(?:/\d{2,4})?|\b\d{1,2}:\d{2}\b"
)
_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_REFERENCE = re.compile(r"(?<![\w@.+#-])#?(?P<uid>[A-Za-z0-9](?:[A-Za-z0-9_]|-(?=\w)){3,63})(?![\w@])(?!\.\w)")
_LABELLED = re.compile(
    r"(?:reference|ref|uid|booking|code|id|confirmation|number|appointment)\b[\s:#.]*(?:(?:number|code|id|uid|no|"
    r"reference|is)\b[\s:#.]*)*$",
    re.IGNORECASE,
)

_LETTERS = r"[^\W\d_]"
_NAME_WORD = rf"{_LETTERS}(?:{_LETTERS}|['’.-](?={_LETTERS}))*\.?"
_NAME = rf"(?P<name>{_NAME_WORD}(?:\s+{_NAME_WORD}){{0,4}})"
_STRONG = re.compile(
    rf"\b(?:my (?:full |first |last )?name(?:'s| is|:)|names?\s*(?:is|:|=)|name to|"
    rf"(?:it's )?under (?:the name )?(?:of )?|call me)\s*{_NAME}",
    re.IGNORECASE,
)
_WEAK = re.compile(rf"\b(?:i am|i'm|im|this is|it's|its|it is|for(?: (?:my|our) \w+)?)\s+{_NAME}", re.IGNORECASE)
_CHUNK = re.compile(r"[,;\n|/]| - | – |\band\b|[.!?](?:\s|$)")
_LABEL = re.compile(
    r"\b(?:my )?(?:e-?mail(?: address)?|mail|phone(?: number)?|mobile|cell|number|name)\b(?:\s*(?:is|:|=)|'s)?|"
    r"\b(?:is|it's|here|you can reach me at|reach me at|sure|ok|okay|yes|yeah|yep|hi|hello|hey|thanks|thank you|"
    r"please|of course)\b[:]?",
    re.IGNORECASE,
)
_ENDS_NAME = frozenset(
    word_set(
        """
    and at my email e-mail mail phone number the with from here on in for i i'd is it's but a an please to or by
    of tomorrow today next this
    """
    )
)
_NOT_NAMES = frozenset(
    word_set(
        """
    a able about actually afraid after again all allergic already also an another any anyone anything
    appointment around at available away back bad book booked booking bringing busy calling can cancel
    cancelling changing checking coming confused curious day days done down early email exactly excited fine
    first flexible for free from getting glad going good great happy having help here hi hello hoping how hurry
    i i'd if in interested it its it's just keen last late later leaving like likely looking me moving my name
    need needing new next no none nope not nothing now number of off ok okay on one only open or our out over
    perfect phone planning please quite ready really reference running same second sick so some something soon
    sorry sounds still such supposed sure taken thank thanks that the then there thinking third this time tired
    to today tomorrow too trying unable uncertain unhappy unsure us very visiting wait waiting want wanting we
    well what when where whatever which who why with wondering works would yeah yes yep you your monday tuesday
    wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun january february march
    april june july august september october november december morning afternoon evening noon tonight weekend
    week month anytime anyone earliest latest either both haircut service services appointment slot slots price
    prices hours parking policy human person someone staff manager bot robot ai machine joke nevermind never
    mind stop change reschedule move skip pass rather prefer nah everything ignore forget show system prompt
    instructions am pm dont don't cant can't won't think is are do does did wrong right correct typo emergency
    pregnant diabetic okay me my us both two three urgent water help someone ish half past quarter
    """
    )
)


def find_email(text: str) -> str | None:
    """The last valid address in a text, also one spelled out with "at" and "dot"; a correction comes last."""
    found = _EMAIL.findall(text)
    if found:
        return str(found[-1])
    spoken = _SPOKEN_EMAIL.search(text)
    if spoken is None:
        return None
    joined = "@".join(re.sub(r"\s+dot\s+", ".", part, flags=re.IGNORECASE) for part in spoken.groups())
    return joined if _EMAIL.fullmatch(joined) else None


def tried_email(text: str) -> bool:
    """Whether something in the text was meant as an address; of use where `find_email` found none."""
    return bool(_TRIED_EMAIL.search(text))


def find_phone(text: str) -> str | None:
    """A phone number as it was written: what country it is of, the business knows better."""
    cleaned = _UUID.sub(" ", _DATE_OR_TIME.sub(" ", _EMAIL.sub(" ", text)))
    for match in _PHONE.finditer(cleaned):
        if 7 <= len(re.sub(r"\D", "", match.group())) <= 15:
            return match.group().strip()
    return None


def find_reference(text: str, *, expected: bool = False) -> str | None:
    """A booking reference: a UUID, or a word that is labelled so or was `expected` and has a digit or mixed case."""
    if match := _UUID.search(text):
        return match.group()
    cleaned = _DATE_OR_TIME.sub(lambda match: " " * len(match.group()), _EMAIL.sub(" ", text))
    for match in _REFERENCE.finditer(cleaned):
        uid = match["uid"]
        labelled = expected or bool(_LABELLED.search(cleaned[: match.start()]))
        if _looks_like_reference(uid, labelled):
            return uid
    return None


def _looks_like_reference(uid: str, labelled: bool) -> bool:
    letters, digits = any(c.isalpha() for c in uid), any(c.isdigit() for c in uid)
    if re.fullmatch(r"\d{1,2}(?:am|pm|st|nd|rd|th|min|mins)|20\d{2}-\d{1,2}(?:-\d{1,2})?", uid, re.IGNORECASE):
        return False
    mixed = uid != uid.lower() and not uid[1:].islower()
    if letters and digits:
        return len(uid) >= (4 if labelled else 8)
    return (labelled and digits and len(uid) >= 5) or (letters and mixed and len(uid) >= 12)


def find_name(text: str, *, expected: bool = False, not_names: Collection[str] = ()) -> str | None:
    """A person's name: introduced ("I'm Ana Ruiz"), beside an e-mail address, or alone where it was `expected`.

    `not_names` are folded words that belong to something else, such as the services.
    """
    text = text.replace("’", "'")
    email = find_email(text) is not None or tried_email(text)
    rest = _without_contact(text)
    if match := _last(_STRONG, rest):
        name = _trimmed(match["name"], not_names)
        if name is not None:
            return _presented(name)
    for match in reversed(list(_WEAK.finditer(rest))):
        name = _trimmed(match["name"], not_names)
        if name is not None and (expected or email or _capitalised(name)):
            return _presented(name)
    if not (expected or email):
        return None
    return _alone(rest, not_names, any_case=expected) or _before_email(text, not_names)


def _before_email(text: str, not_names: Collection[str]) -> str | None:
    """The capitalised words right before an address: "Tuesday 10am Ana Ruiz ana@example.com"."""
    match = _EMAIL.search(text)
    kept: list[str] = []
    for word in reversed(text[: match.start()].split() if match else []):
        folded = fold(word).strip(".,")
        if not (word[0].isupper() and re.fullmatch(_NAME_WORD, word)) or folded in _NOT_NAMES or folded in not_names:
            break
        kept.insert(0, word)
    return " ".join(kept) if 0 < len(kept) <= 4 else None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return found[-1] if found else None


def _without_contact(text: str) -> str:
    text = _SPOKEN_EMAIL.sub(" , ", _EMAIL.sub(" , ", text))
    text = _TRIED_EMAIL.sub(" , ", text)
    return _PHONE.sub(" , ", text)


def _trimmed(raw: str, not_names: Collection[str]) -> str | None:
    """The words of a candidate up to the first that ends a name; None when it is no name at all."""
    kept: list[str] = []
    for word in raw.split():
        folded = fold(word).rstrip(".")
        if kept and (folded in _ENDS_NAME or folded in _NOT_NAMES or folded in not_names):
            break
        kept.append(word)
    if not kept or len(kept) > 4:
        return None
    first = fold(kept[0]).rstrip(".")
    if first in _NOT_NAMES or first in not_names or first in _ENDS_NAME:
        return None
    return " ".join(kept).rstrip(".")


def _capitalised(name: str) -> bool:
    return all(word[0].isupper() for word in name.split())


def _presented(name: str) -> str:
    """Names typed in lower case get their capitals; others stay as they were written."""
    return name.title() if name.islower() else name


def _alone(rest: str, not_names: Collection[str], *, any_case: bool) -> str | None:
    """A part of the message that consists of nothing but a name."""
    for chunk in _CHUNK.split(rest):
        plain = _LABEL.sub(" ", chunk).strip(" .:!-\"'()")
        if not re.fullmatch(_NAME, plain):
            continue
        parts = plain.split()
        if any(fold(word).rstrip(".") in _NOT_NAMES or fold(word) in not_names for word in parts):
            continue
        if any_case or (len(parts) >= 2 and all(word[0].isupper() for word in parts)):
            return _presented(plain)
    return None
