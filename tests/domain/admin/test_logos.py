"""Uploaded pictures: judged by content, bounded, re-encoded, and shown."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from portal.core.errors import Forbidden, InvalidArgument
from portal.domain.admin import branding, logos
from portal.domain.admin.edits import Outdated
from tests.domain.admin.conftest import Shop

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 300), mode: str = "RGB", **options: Any) -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, "#2563eb").save(made, kind, **options)
    return made.getvalue()


def bomb() -> bytes:
    """A small PNG that says it is 30,000 pixels square."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(90_001) * 10)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def moving(kind: str) -> bytes:
    made = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue", "green")]
    frames[0].save(made, kind, save_all=True, append_images=frames[1:])
    return made.getvalue()


class TestRead:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
    def test_becomes_a_small_picture(self, kind: str) -> None:
        logo = logos.read(picture(kind))
        assert logo.content_type in ("image/png", "image/webp")
        with Image.open(io.BytesIO(logo.content)) as shown:
            assert shown.size == (512, 171)
            assert shown.format == logo.content_type.removeprefix("image/").upper()

    def test_transparency_stays(self) -> None:
        made = io.BytesIO()
        Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(made, "PNG")
        with Image.open(io.BytesIO(logos.read(made.getvalue()).content)) as shown:
            assert shown.mode == "RGBA"
            assert shown.getpixel((1, 1)) == (0, 0, 0, 0)

    def test_photograph_becomes_webp(self) -> None:
        made = io.BytesIO()
        Image.effect_noise((600, 600), 90).convert("RGB").save(made, "JPEG", quality=70)
        logo = logos.read(made.getvalue())
        assert logo.content_type == "image/webp"
        assert len(logo.content) < 400_000

    def test_nothing_else_of_the_file_comes_along(self) -> None:
        exif = Image.Exif()
        exif[0x010E] = "secret place"
        exif[0x0112] = 6  # turned by 90 degrees
        uploaded = picture("JPEG", (60, 40), exif=exif, comment=b"<script>") + b"<script>alert(1)</script>"
        logo = logos.read(uploaded)
        assert b"secret" not in logo.content
        assert b"script" not in logo.content
        with Image.open(io.BytesIO(logo.content)) as shown:
            assert shown.size == (40, 60)
            assert not shown.getexif()

    @pytest.mark.parametrize(
        "uploaded",
        [
            b"", b"x" * 20, SVG, b"GIF89a" + SVG, picture()[:200], moving("GIF"), moving("WEBP"), moving("PNG"), bomb(),
            picture("PNG", (4001, 4001)), b"\x89PNG\r\n\x1a\n" + b"\0" * (1024 * 1024 + 1), picture("BMP"),
            picture("TIFF"),
        ],
        ids=[
            "empty", "noise", "svg", "svg as gif", "cut off", "moving gif", "moving webp", "moving png", "bomb",
            "too many pixels", "too large", "bmp", "tiff",
        ],
    )  # fmt: skip
    def test_refused(self, uploaded: bytes) -> None:
        with pytest.raises(InvalidArgument) as caught:
            logos.read(uploaded)
        assert caught.value.details == {"field": "logo"}


class TestUpload:
    def test_stored_shown_and_recorded(self, shop: Shop) -> None:
        read = branding.get(shop.owner, shop.id)
        after = branding.upload_logo(shop.owner, shop.id, picture(), version=read.version)
        assert after.logo_url is not None
        digest = after.logo_url.removeprefix(logos.PATH).partition(".")[0]
        found = logos.find(digest)
        assert found is not None
        assert (found.sha256, found.path) == (digest, after.logo_url)
        [entry] = shop.audit()
        assert entry["action"] == "branding.logo_uploaded"
        again = branding.upload_logo(shop.owner, shop.id, picture(size=(50, 50)), version=after.version)
        assert again.logo_url != after.logo_url
        assert logos.find(digest) is None

    def test_taken_away(self, shop: Shop) -> None:
        read = branding.get(shop.owner, shop.id)
        after = branding.upload_logo(shop.owner, shop.id, picture(), version=read.version)
        kept = branding.update(
            shop.owner, shop.id, {"logo_url": after.logo_url, "accent_color": "#000000"}, version=after.version
        )
        assert kept.logo_url == after.logo_url
        gone = branding.update(shop.owner, shop.id, {"logo_url": None}, version=kept.version)
        assert gone.logo_url is None
        assert shop.rows("select 1 from portal.tenant_logos") == []

    def test_refused(self, shop: Shop) -> None:
        version = branding.get(shop.owner, shop.id).version
        with pytest.raises(Forbidden):
            branding.upload_logo(shop.staff, shop.id, picture(), version=version)
        with pytest.raises(Outdated):
            branding.upload_logo(shop.owner, shop.id, picture(), version="20200101T000000.000000")
        with pytest.raises(InvalidArgument):
            branding.update(shop.owner, shop.id, {"logo_url": "/v1/public/logo/x.png"}, version=version)
        assert shop.rows("select 1 from portal.tenant_logos") == []
