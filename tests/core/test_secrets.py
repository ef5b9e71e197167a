"""Sealing and signing."""

from uuid import uuid4

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from portal.core import secrets
from portal.core.errors import Forbidden
from portal.core.secrets import SecretUnreadable


class TestSeal:
    @given(st.text())
    def test_opens_again(self, text: str) -> None:
        tenant = uuid4()
        assert secrets.open_sealed(tenant, "key", secrets.seal(tenant, "key", text)) == text

    def test_is_bound_to_tenant_and_name(self) -> None:
        tenant = uuid4()
        sealed = secrets.seal(tenant, "key", "cal_live_x")
        for other, name in ((uuid4(), "key"), (tenant, "token")):
            with pytest.raises(SecretUnreadable):
                secrets.open_sealed(other, name, sealed)

    @pytest.mark.parametrize("broken", ["", "v1.", "v1.!!", "v1.AAAA", "nonsense"])
    def test_broken_text(self, broken: str) -> None:
        with pytest.raises(SecretUnreadable):
            secrets.open_sealed(uuid4(), "key", broken)

    def test_never_the_same_twice(self) -> None:
        tenant = uuid4()
        assert secrets.seal(tenant, "key", "x") != secrets.seal(tenant, "key", "x")


class TestSign:
    def test_purpose_and_age(self) -> None:
        token = secrets.sign("manage", {"b": "1"}, ttl_seconds=60)
        assert secrets.verify("manage", token)["b"] == "1"
        with pytest.raises(Forbidden):
            secrets.verify("invite", token)
        with time_machine.travel(61 + __import__("time").time()), pytest.raises(Forbidden):
            secrets.verify("manage", token)

    @given(st.text(max_size=200))
    def test_any_other_text(self, token: str) -> None:
        with pytest.raises(Forbidden):
            secrets.verify("manage", token)
