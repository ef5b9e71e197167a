"""The picture beside a link: what is in it, told from its pixels."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from portal.domain.admin import logos
from portal.web.colors import contrast
from portal.web.preview import HEIGHT, WIDTH, Preview, draw
from tests.factories import TenantFactory, administrator, insert

BOBS = Preview("Bob's Barbershop", "B", "bobs.example", "#9a3412", "#d97706", "")
EDGE = 80
LONG = (
    "Peak Fitness & Wellness Studio Denver",
    "The Unbelievably Long and Winding Academy of Contemporary Hairdressing, Barbering and Beauty of Greater Manhattan",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenfriseursalonwarteraumtürklinkenputzergehilfinnenzimmer" * 2,
)


def look(preview: Preview) -> Image.Image:
    with Image.open(io.BytesIO(draw(preview))) as picture:
        assert (picture.format, picture.size) == ("PNG", (1200, 630))
        return picture.convert("RGB")


def drawn(picture: Image.Image, box: tuple[int, int, int, int]) -> int:
    """How many pixels there are not the ground's."""
    ground = picture.getpixel((2, 2))
    return sum(count for count, color in picture.crop(box).getcolors(1 << 20) or () if color != ground)


NAME = (EDGE, 250, WIDTH - EDGE, 485)


class TestDraw:
    @pytest.mark.parametrize("color", ["#9a3412", "#ffffff", "#000000", "#808080", "#fde047", "nonsense"])
    def test_tenants_colour_and_readable_text(self, color: str) -> None:
        picture = look(replace(BOBS, primary=color))
        ground = picture.getpixel((2, 2))
        colors = {color for _, color in picture.crop(NAME).getcolors(1 << 20) or ()}
        assert max(contrast(ground, each) for each in colors) >= 4.5  # type: ignore[arg-type]
        if color.startswith("#"):
            assert ground == tuple(bytes.fromhex(color[1:]))

    @pytest.mark.parametrize("name", LONG)
    def test_long_names_wrap_inside(self, name: str) -> None:
        picture = look(replace(BOBS, name=name))
        assert drawn(picture, NAME) > drawn(look(BOBS), NAME)
        for margin in ((0, 0, EDGE - 6, HEIGHT - 20), (WIDTH - EDGE + 6, 0, WIDTH, HEIGHT - 20), (0, 0, WIDTH, EDGE)):
            assert drawn(picture, margin) == 0
        above = (0, 0, WIDTH, 260)
        assert picture.crop(above).tobytes() == look(BOBS).crop(above).tobytes()

    def test_says_whose_it_is(self) -> None:
        assert draw(BOBS) != draw(replace(BOBS, name="Rob's Barbershop"))
        assert draw(replace(BOBS, name="Café")) != draw(replace(BOBS, name="Cafe"))

    def test_no_boxes_for_letters_the_font_lacks(self) -> None:
        picture = look(replace(BOBS, name="日本サロン", initial="日"))
        assert drawn(picture, (0, 0, WIDTH, 485)) == 0
        assert drawn(picture, (0, 485, WIDTH, HEIGHT - 20)) > 0  # the address can always be read
        assert draw(replace(BOBS, name="Bob's 💈 Barbershop")) == draw(BOBS)


class TestLogo:
    def test_uploaded_one_is_in_it(self, tenants: TenantFactory) -> None:
        made, square = tenants.make(), io.BytesIO()
        Image.new("RGBA", (300, 300), (0, 160, 60, 255)).save(square, "PNG")
        logo = logos.read(square.getvalue())
        values = {"content": logo.content, "content_type": logo.content_type, "sha256": logo.sha256}
        insert(administrator(tenants.admin_url), "tenant_logos", tenant_id=made.id, **values)
        picture = look(replace(BOBS, logo_digest=logo.sha256))
        assert picture.getpixel((EDGE + 80, EDGE + 80)) == (0, 160, 60)
