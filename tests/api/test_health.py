import json
from collections.abc import Callable

import pytest
from redis import Redis

from portal.core import db, redis
from portal.domain import measures
from tests.api.conftest import Caller


class TestHealth:
    def test_alive_without_anything(self, caller: Caller) -> None:
        assert caller.get("/healthz", host="nobody.example").json() == {"status": "ok"}

    def test_ready(self, caller: Caller) -> None:
        answer = caller.get("/readyz", host="nobody.example")
        assert answer.status_code == 200
        checks = {"database": "ok", "redis": "ok", "migrations": "ok", "key": "ok"}
        assert answer.json() == {"status": "ready", "checks": checks}

    def test_what_is_away(self, caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        away = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)
        monkeypatch.setattr(redis, "client", lambda: away)
        answer = caller.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"] == {"database": "ok", "redis": "failed", "migrations": "ok", "key": "ok"}
        assert "127.0.0.1" not in answer.text

    def test_key_that_the_database_does_not_know(self, caller: Caller, configure: Callable[..., None]) -> None:
        configure(SECRET_KEY="another-secret-key-0123456789abcdefghij")
        answer = caller.get("/readyz")
        assert (answer.status_code, answer.json()["checks"]["key"]) == (503, "failed")

    def test_wrong_method(self, caller: Caller) -> None:
        assert caller.post("/healthz").status_code == 405


class TestMetrics:
    HOST = ((b"host", b"shop.localhost"),)

    def test_only_from_this_machine(self, caller: Caller) -> None:
        caller.get("/v1/public/tenant")
        own = caller.raw("/metrics", client=("127.0.0.1", 5000))
        assert own.status == 200
        assert b'portal_http_request_seconds_count{method="GET",route="/v1/public/tenant",status="200"}' in own.body
        assert caller.raw("/metrics").status == 404

    def test_tells_of_the_queue(self, caller: Caller) -> None:
        with db.worker().begin() as scope:
            scope.enqueue("sweep_expired")
        measures.forget()
        own = caller.raw("/metrics", client=("127.0.0.1", 5000))
        assert b'portal_jobs{job="sweep_expired",state="waiting"} 1.0' in own.body

    def test_elsewhere_with_the_token(self, caller: Caller, configure: Callable[..., None]) -> None:
        configure(METRICS_TOKEN="scraper-token")
        right, wrong = ((b"authorization", b"Bearer " + each) for each in (b"scraper-token", b"other"))
        assert caller.raw("/metrics", headers=[*self.HOST, right]).status == 200
        assert caller.raw("/metrics", headers=[*self.HOST, wrong]).status == 404

    def test_not_through_a_proxy_on_this_machine(self, caller: Caller) -> None:
        headers = [*self.HOST, (b"x-forwarded-for", b"198.51.100.7")]
        answer = caller.raw("/metrics", client=("127.0.0.1", 5000), headers=headers)
        assert answer.status == 404
        assert json.loads(answer.body)["error"]["code"] == "NOT_FOUND"
