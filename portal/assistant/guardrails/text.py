"""Cleaning of text that comes from outside before anybody reads it.

None of this is what keeps a booking safe (the backend's own checks are); it keeps a customer from writing something
that *looks* like our notes, a tool's result or a system prompt.
"""

import re
import unicodedata

from portal.core.errors import InvalidArgument

MAX_MESSAGE_LENGTH = 2000

#: Control characters but tab and newline, zero-width and direction marks, tag characters, other invisible fillers.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)
_BLANK_LINES = re.compile(r"\n\s*\n\s*\n+")
_MARKUP = re.compile(r"[<＜﹤](?=\s*[/!?|a-zA-Z\uff01-\uff5e])")
#: What stands before a line's first colon, of whatever width: perhaps who speaks.
_LABEL = re.compile(r"^([^\n:：﹕︓꞉∶ː]{1,60})[:：﹕︓꞉∶ː]", re.M)
_SPEAKER = re.compile(r"[\W_]*(?:human|user|customer|assistant|system|developer|tool[ _]?(?:result)?)[\W_]*")
_HEADING = re.compile(r"^[^\S\n]*([#＃﹟]+)(?=\s)", re.M)
_TAG = re.compile(r"<[/!?a-zA-Z][^<>]*>")
#: Letters of other scripts that look like Latin ones.
_LOOK_ALIKE = str.maketrans("аеорсухіѕԁјтмнвкοιυѵ", "aeopcyxisdjtmhbkoiuv")
#: Lines end in more ways than one.
_LINE_ENDS = dict.fromkeys(map(ord, "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), "\n")


def _brackets() -> dict[int, str]:
    """Every character that looks like a square bracket, as a round one."""
    kinds = (
        "SQUARE BRACKET",
        "TORTOISE SHELL BRACKET",
        "LENTICULAR BRACKET",
        "CEILING",
        "FLOOR",
        "CORNER BRACKET",
        "HALF BRACKET",
    )
    places = (*range(0x5B, 0x5E), *range(0x2000, 0x2E80), *range(0x3000, 0x3040), *range(0xFE00, 0x10000))
    names = {place: unicodedata.name(chr(place), "") for place in places}
    return {
        place: "(" if "LEFT" in name else ")"
        for place, name in names.items()
        if any(kind in name for kind in kinds) and ("LEFT" in name or "RIGHT" in name)
    }


_BRACKETS = _brackets()


def clean_message(raw: str) -> str:
    """A customer's message without invisible characters. Raises InvalidArgument when empty or over 2,000 characters."""
    said = unicodedata.normalize("NFC", _INVISIBLE.sub("", raw.replace("\r\n", "\n").replace("\r", "\n")))
    said = _BLANK_LINES.sub("\n\n", said).strip()
    if not said:
        raise InvalidArgument("Please write a message.", details={"field": "message"})
    if len(raw) > MAX_MESSAGE_LENGTH or len(said) > MAX_MESSAGE_LENGTH:
        raise InvalidArgument(
            f"Please keep a message under {MAX_MESSAGE_LENGTH:,} characters.", details={"field": "message"}
        )
    return said


def neutralise(said: str) -> str:
    """Outside text as the model may see it: no notes, tags, headings or speaker labels that look like ours."""
    said = said.translate(_LINE_ENDS).translate(_BRACKETS)
    said = _MARKUP.sub("‹", said)
    said = _LABEL.sub(_unlabelled, said)
    return _HEADING.sub(lambda match: "·" * len(match[1]), said)


def without_markup(said: str) -> str:
    """Text without HTML tags; repeated, because taking one out can put another together."""
    while (stripped := _TAG.sub("", said)) != said:
        said = stripped
    return said


def _unlabelled(label: re.Match[str]) -> str:
    """A line's beginning without its colon where it names a speaker, in whatever width, script or joints."""
    letters = unicodedata.normalize("NFKD", label[1]).casefold().translate(_LOOK_ALIKE)
    plain = "".join(letter for letter in letters if unicodedata.category(letter) not in ("Cf", "Mn", "Me"))
    return f"{label[1]} -" if _SPEAKER.fullmatch(plain) else label[0]


def one_line(value: str | None, limit: int = 1000) -> str:
    """A business's own text for the prompt: one line that cannot open a heading, note or tag there."""
    flat = " ".join(_INVISIBLE.sub("", value or "").split())
    return neutralise(flat)[:limit]
