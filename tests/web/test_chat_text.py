"""Text of the conversation as typed pieces: what looks like markup and is none stays text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.chat import markdown
from portal.web.chat.markdown import Block, Line, Piece


def pieces(text: str) -> list[Piece]:
    return [piece for block in markdown.blocks(text) for line in block.lines for piece in line.pieces]


class TestBlocks:
    def test_paragraphs_lists_and_looks(self) -> None:
        found = markdown.blocks("Hello **you**\nthere\n\n- one\n- *two*\n\n3. three")
        assert found == [
            Block(
                "paragraph",
                [Line([Piece("text", "Hello "), Piece("strong", "you"), Piece("break"), Piece("text", "there")])],
            ),
            Block("bullets", [Line([Piece("text", "one")], "•"), Line([Piece("emphasis", "two")], "•")]),
            Block("numbers", [Line([Piece("text", "three")], "3.")]),
        ]  # fmt: skip

    def test_nested_items_stay_in_order(self) -> None:
        [block] = markdown.blocks("1. one\n   - inner\n2. two")
        assert [(line.marker, line.pieces[0].text) for line in block.lines] == [
            ("1.", "one"), ("•", "inner"), ("2.", "two"),
        ]  # fmt: skip

    def test_unfinished_marks_are_characters(self) -> None:
        assert pieces("so **bo") == [Piece("text", "so **bo")]

    @pytest.mark.parametrize("text", ["<b>x</b>", "<script>alert(1)</script>", "a <img src=x onerror=alert(1)>", "`x`"])
    def test_html_and_code_stay_text(self, text: str) -> None:
        assert [piece.kind for piece in pieces(text)] == ["text"]
        assert "".join(piece.text for piece in pieces(text)) == text

    @given(st.text(max_size=300))
    def test_any_text(self, text: str) -> None:
        for piece in pieces(text):
            assert piece.kind in {"text", "strong", "emphasis", "link", "break"}
            assert (piece.kind == "link") == bool(piece.href)
            assert not piece.href or piece.href.lower().startswith(("http://", "https://"))


class TestLinks:
    def test_named_bare_and_bracketed(self) -> None:
        found = pieces("[map](https://a.example/x) https://b.example/y?z=1. <https://c.example>")
        assert [(each.text, each.href) for each in found if each.kind == "link"] == [
            ("map", "https://a.example/x"),
            ("https://b.example/y?z=1", "https://b.example/y?z=1"),
            ("https://c.example", "https://c.example"),
        ]

    @pytest.mark.parametrize(
        "href",
        ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example", "/book", "file:///x",
         "https://good.example@evil.example/", "https:///nohost"],
    )  # fmt: skip
    def test_others_are_no_links(self, href: str) -> None:
        assert all(piece.kind != "link" for piece in pieces(f"[press]({href})"))


class TestPlain:
    def test_nothing_is_interpreted(self) -> None:
        [block] = markdown.plain("**no** [link](https://a.example)\n<b>\n- item")
        assert [piece.text for piece in block.lines[0].pieces if piece.kind == "text"] == [
            "**no** [link](https://a.example)", "<b>", "- item",
        ]  # fmt: skip
