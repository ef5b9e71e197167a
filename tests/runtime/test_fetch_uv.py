"""Choosing pip's wheel from a package index."""

import pytest

from portal.runtime.fetch_uv import _Wheel

HASH = "ab" * 32


class TestWheel:
    @pytest.mark.parametrize("folder", ["", "../../packages/aa/", "https://files.example/packages/"])
    def test_final_release(self, folder: str) -> None:
        wheel = _Wheel.read(
            f'<a href="{folder}pip-26.1.2-py3-none-any.whl#sha256={HASH}" data-requires-python="&gt;=3.9">'
        )
        assert wheel == _Wheel("pip-26.1.2-py3-none-any.whl", (26, 1, 2), f"{folder}pip-26.1.2-py3-none-any.whl", HASH)

    @pytest.mark.parametrize(
        "tag",
        [
            f'<a href="pip-26.1.tar.gz#sha256={HASH}">',
            f'<a href="pip-26.1rc1-py3-none-any.whl#sha256={HASH}">',
            f'<a href="pip-26.1-py3-none-any.whl#sha256={HASH}" data-yanked="broken">',
            '<a href="pip-26.1-py3-none-any.whl">',
        ],
    )
    def test_anything_else(self, tag: str) -> None:
        assert _Wheel.read(tag) is None
