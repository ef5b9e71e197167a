"""Whatever colours a tenant picks, its pages stay readable."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web import theme
from portal.web.colors import (
    DARK,
    EDGE_CONTRAST,
    LIGHT,
    TEXT_CONTRAST,
    Surfaces,
    as_hex,
    brand_colors,
    contrast,
    luminance,
    parse,
)
from portal.web.head import color_rules

COLOR = st.tuples(*[st.integers(0, 255)] * 3).map(as_hex)
SCHEME = st.sampled_from([LIGHT, DARK])


class TestBrandColors:
    @given(primary=COLOR, accent=COLOR, surfaces=SCHEME)
    def test_text_is_readable_on_every_background(self, primary: str, accent: str, surfaces: Surfaces) -> None:
        fitted = brand_colors(primary, accent, surfaces)
        written = [
            (fitted.on_brand, fitted.brand),
            (fitted.on_brand, fitted.brand_hover),
            (fitted.brand_text, fitted.brand_soft),
            (surfaces.ink, fitted.brand_soft),
            (surfaces.muted, fitted.brand_soft),
            *((fitted.brand_text, background) for background in (surfaces.page, surfaces.card, surfaces.sunken)),
        ]
        for text, background in written:
            assert contrast(parse(text), parse(background)) >= TEXT_CONTRAST, (text, background)

    @given(primary=COLOR, surfaces=SCHEME)
    def test_controls_can_be_seen(self, primary: str, surfaces: Surfaces) -> None:
        edge = parse(brand_colors(primary, primary, surfaces).brand_edge)
        assert min(contrast(edge, background) for background in surfaces.backgrounds) >= EDGE_CONTRAST

    @given(primary=COLOR)
    def test_light_pages_show_the_very_colour(self, primary: str) -> None:
        assert brand_colors(primary, primary, LIGHT).brand == primary

    @given(junk=st.text(max_size=20))
    def test_anything_typed_is_a_colour(self, junk: str) -> None:
        assert len(brand_colors(junk, junk, DARK).brand) == 7


class TestSurfaces:
    @pytest.mark.parametrize("surfaces", [LIGHT, DARK], ids=["light", "dark"])
    @pytest.mark.parametrize("ink", ["ink", "muted", "danger", "good"])
    @pytest.mark.parametrize("background", ["page", "card", "sunken", "danger_soft", "good_soft"])
    def test_neutral_text_is_readable(self, surfaces: Surfaces, ink: str, background: str) -> None:
        colors = asdict(surfaces)
        assert contrast(parse(colors[ink]), parse(colors[background])) >= TEXT_CONTRAST

    @pytest.mark.parametrize("surfaces", [LIGHT, DARK], ids=["light", "dark"])
    def test_fields_have_a_visible_border(self, surfaces: Surfaces) -> None:
        field = parse(surfaces.field)
        assert min(contrast(field, background) for background in surfaces.backgrounds) >= EDGE_CONTRAST


class TestContrast:
    def test_known_values(self) -> None:
        assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
        assert contrast(parse("#777777"), parse("#fff")) == pytest.approx(4.48, abs=0.01)
        assert luminance(parse("#fff")) == pytest.approx(1)


class TestColorRules:
    def test_every_role_has_a_colour_in_both_schemes(self) -> None:
        light, dark = color_rules("#7c2d12", "#d97706").split("@media")
        for variable in theme.COLORS.values():
            name = variable.removeprefix("var(").removesuffix(")")
            assert f"{name}:" in light
            assert f"{name}:" in dark
