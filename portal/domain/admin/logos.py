"""Uploaded logos: judged by their content, decoded within limits, and stored only as pictures that we encoded."""

import hashlib
import io
import struct
import threading
import zlib
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from portal.core import db
from portal.core.errors import InvalidArgument

MAX_BYTES: Final = 1024 * 1024
MAX_PIXELS: Final = 16_000_000
SIDE: Final = 512
# A drawing is smaller and sharper as PNG; what exceeds this is a photograph.
PNG_BYTES: Final = 150_000
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
PATH: Final = "/v1/public/logo/"
EXTENSIONS: Final = {"image/png": "png", "image/webp": "webp"}
BROKEN: Final = (
    OSError, ValueError, SyntaxError, TypeError, EOFError, IndexError, KeyError, OverflowError, MemoryError,
    struct.error, zlib.error,
)  # fmt: skip

# Refused from the header alone, before any pixel is decoded.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Logo:
    """A picture ready to serve; its address names its content, so it can be cached for ever."""

    content: bytes
    content_type: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def path(self) -> str:
        return f"{PATH}{self.sha256}.{EXTENSIONS[self.content_type]}"


def read(uploaded: bytes) -> Logo:
    """A PNG, JPEG, WebP or still GIF as a logo of at most 512 × 512 pixels, without its metadata.

    Raises InvalidArgument with ``details.field`` "logo". Decoding takes some 50 ms and up to 100 MB: one at a time.
    """
    if not uploaded:
        raise _refused("The file is empty.")
    if len(uploaded) > MAX_BYTES:
        raise _refused("The file is larger than 1 MB.")
    with _one_at_a_time:
        return _encoded(_decoded(uploaded))


def find(digest: str) -> Logo | None:
    """The stored logo of this digest, of whatever tenant: logos are public, and their addresses can't be guessed."""
    with db.nobody().begin() as scope:
        row = scope.execute("select content, content_type from portal.logo(:digest)", digest=digest).one_or_none()
    return Logo(bytes(row.content), row.content_type) if row else None


def _decoded(uploaded: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(uploaded), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _refused("The picture has too many pixels. Please use at most 4000 × 4000.")
            if getattr(image, "n_frames", 1) > 1:
                raise _refused("Moving pictures are not possible. Please use a still one.")
            image.draft("RGB", (SIDE * 2, SIDE * 2))
            upright = ImageOps.exif_transpose(image)
            picture = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refused("The picture has too many pixels. Please use at most 4000 × 4000.") from None
    except UnidentifiedImageError:
        raise _refused("Please use a PNG, JPEG or WebP picture.") from None
    except BROKEN:
        raise _refused("This picture cannot be read.") from None
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return picture


def _encoded(picture: Image.Image) -> Logo:
    # Copied pixel by pixel: nothing else of the file comes along.
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    as_png = io.BytesIO()
    clean.save(as_png, "PNG", optimize=True)
    if as_png.tell() <= PNG_BYTES:
        return Logo(as_png.getvalue(), "image/png")
    as_webp = io.BytesIO()
    clean.save(as_webp, "WEBP", quality=88, method=4)
    return Logo(as_webp.getvalue(), "image/webp")


def _refused(message: str) -> InvalidArgument:
    return InvalidArgument(message, details={"field": "logo"})
