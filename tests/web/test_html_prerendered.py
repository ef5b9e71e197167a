"""Built pages filled with a tenant's words."""

import base64
import hashlib
import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.prerendered import Prerendered, Values, script_hashes

PAGE = (
    '<!DOCTYPE html><html lang="en"><head><title>%%title%%</title><script>var a="%%title%%"</script></head>'
    '<body><h1 title="%%name%%">%%name%%</h1>'
    '<ul class="x" data-each="services"><li><b>%%services.name%%</b> at %%name%%<i>%%services.price%%</i></li></ul>'
    "<p>%%services.name%%</p></body></html>"
)
NASTY = 'Bob\'s "Cuts" & </script><script>alert(1)</script> %%title%%'


def values(**scalars: str) -> Values:
    services = ({"name": "Shave", "price": "$20"}, {"name": NASTY, "price": ""})
    return Values({"title": "T", "name": "N", **scalars}, {"services": services}, "<style>:root{}</style>", "de")


def browser_values(page: str) -> dict[str, object]:
    found = re.search(r"<script>window\.__T=(.*?)</script>", page)
    assert found
    return dict(json.loads(found[1]))


class TestRender:
    def test_values_are_escaped(self) -> None:
        page = Prerendered(PAGE).render(values(name=NASTY))
        assert f'<h1 title="{html.escape(NASTY)}">{html.escape(NASTY)}</h1>' in page
        assert "alert(1)</script>" not in page

    def test_tokens_in_values_stay_text(self) -> None:
        page = Prerendered(PAGE).render(values(name="%%title%%"))
        assert '<h1 title="%%title%%">%%title%%</h1>' in page

    def test_rows_are_repeated(self) -> None:
        page = Prerendered(PAGE).render(values())
        assert page.count("<li>") == 2
        assert "<b>Shave</b> at N<i>$20</i>" in page

    def test_empty_list_leaves_its_element(self) -> None:
        page = Prerendered(PAGE).render(Values({}, {}, ""))
        assert '<ul class="x" data-each="services"></ul>' in page

    def test_fields_outside_their_list_are_empty(self) -> None:
        assert "<p></p>" in Prerendered(PAGE).render(values())

    def test_scripts_are_left_alone(self) -> None:
        assert 'var a="%%title%%"' in Prerendered(PAGE).render(values())

    def test_language_and_end_of_head(self) -> None:
        page = Prerendered(PAGE).render(values())
        assert '<html lang="de">' in page
        assert "<style>:root{}</style></head>" in page

    def test_nested_elements_of_the_same_name(self) -> None:
        nested = '<div data-each="services"><div>%%services.name%%<div></div></div></div><p>end</p>'
        page = Prerendered("<head></head>" + nested).render(values())
        assert page.count("Shave") == 2  # once for the browser, once in the page

    def test_unclosed_list_is_refused(self) -> None:
        with pytest.raises(ValueError, match="not closed"):
            Prerendered('<head></head><ul data-each="services"><li>').render(values())

    @given(name=st.text(max_size=60))
    def test_the_browser_reads_what_the_page_says(self, name: str) -> None:
        page = Prerendered("<head></head><p>%%name%%</p>").render(values(name=name))
        assert browser_values(page)["name"] == name
        assert page.endswith(f"<p>{html.escape(name)}</p>")
        assert page.count("</script>") == 1


class TestScriptHashes:
    def test_only_executed_inline_scripts(self) -> None:
        page = '<script src="/a.js"></script><script type="application/ld+json">{}</script><script async="">1</script>'
        expected = base64.b64encode(hashlib.sha256(b"1").digest()).decode()
        assert script_hashes(page) == (f"'sha256-{expected}'",)
