"""The rate limit: per key, per address without one, and off where an account says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.sandbox.conftest import SLOTS, Program, make_account


class TestRateLimit:
    def test_the_third_of_two(self, program: Program) -> None:
        calcom = make_account(program, rate_limit_per_minute=2)
        answers = [calcom.send("GET", "/me") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["X-RateLimit-Remaining-Default"] for answer in answers] == ["1", "0", "0"]
        assert answers[2].headers["X-RateLimit-Reset-Default"] == "60"

    def test_a_minute_later_it_is_over(self, program: Program) -> None:
        calcom = make_account(program, rate_limit_per_minute=1)
        assert [calcom.send("GET", "/me").status_code for _ in range(2)] == [200, 429]
        program.post("/clock", {"advance_seconds": 59})
        assert calcom.send("GET", "/me").status_code == 429
        program.post("/clock", {"advance_seconds": 2})
        assert calcom.send("GET", "/me").status_code == 200

    def test_one_key_does_not_use_up_another(self, program: Program) -> None:
        first = make_account(program, rate_limit_per_minute=1)
        second = make_account(program, api_key="cal_second", username="second", rate_limit_per_minute=1)
        assert [first.send("GET", "/me").status_code for _ in range(2)] == [200, 429]
        assert second.send("GET", "/me").status_code == 200

    def test_exactly_so_many_at_once(self, program: Program) -> None:
        calcom = make_account(program, rate_limit_per_minute=20)
        with ThreadPoolExecutor(10) as pool:
            codes = list(pool.map(lambda _: calcom.send("GET", "/me").status_code, range(50)))
        assert codes.count(200) == 20

    def test_no_limit(self, program: Program) -> None:
        calcom = make_account(program)
        answers = [calcom.send("GET", "/me") for _ in range(130)]
        assert {answer.status_code for answer in answers} == {200}
        assert "x-ratelimit-limit-default" not in answers[0].headers

    def test_a_wrong_version_costs_nothing(self, program: Program) -> None:
        calcom = make_account(program, rate_limit_per_minute=1)
        assert calcom.send("GET", "/slots").status_code == 404
        query = {"eventTypeId": str(calcom.event_type), "start": "2026-12-08", "end": "2026-12-08"}
        assert calcom.send("GET", "/slots", headers=SLOTS, params=query).status_code == 200
