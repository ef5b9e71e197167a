"""Accounts are made once, the demo's are there from the start, and bookings survive a restart."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import EVENT_TYPES, ROOT, Calcom, Program, make_account, start_program

DEMO = {
    "cal_demo_bobs_barbershop": range(101, 106),
    "cal_demo_bright_smile": range(201, 206),
    "cal_demo_peak_fitness": range(301, 306),
    "cal_demo_reliable_plumbing": range(401, 406),
}
Starter = Callable[..., Program]


@pytest.fixture
def start() -> Iterator[Starter]:
    """Starts programs of their own, and stops those that the test left running."""
    started: list[Program] = []

    def begin(*arguments: str) -> Program:
        started.append(start_program(*arguments))
        return started[-1]

    yield begin
    for program in started:
        if program.process.poll() is None:
            program.stop()


def of_key(program: Program, key: str) -> Calcom:
    ids = next(account for account in program.get("/calcom/accounts")["accounts"] if account["api_key"] == key)
    return Calcom(program, key, ids)


class TestAccounts:
    def test_the_same_body_gives_the_same_ids(self, program: Program) -> None:
        first, second = make_account(program), make_account(program)
        assert first.ids == second.ids

    def test_a_change_keeps_ids_and_bookings(self, calcom: Calcom) -> None:
        uid = calcom.booked("2026-12-08T10:00:00Z")["uid"]
        kinds = [
            {"slug": "extra", "title": "Extra", "length_minutes": 15},
            {"slug": "room", "title": "Renamed", "length_minutes": 30},
        ]
        changed = make_account(calcom.program, event_types=kinds)
        assert changed.ids["event_types"]["room"] == calcom.event_type
        assert calcom.read(uid)["status"] == "accepted"
        found = calcom.send("GET", f"/event-types/{calcom.event_type}", headers=EVENT_TYPES).json()["data"]
        assert found["title"] == "Renamed"

    def test_a_foreign_id_is_refused(self, program: Program) -> None:
        kinds = [{"id": 7, "slug": "room", "title": "Room", "length_minutes": 30}]
        make_account(program, event_types=kinds)
        spec = {"api_key": "cal_other", "name": "Other", "email": "o@example.com", "schedule": [], "event_types": kinds}
        assert "belongs to another account" in program.post("/calcom/accounts", spec, expect=409)["error"]["message"]

    @pytest.mark.parametrize(
        "change",
        [{"timezone": "Mars/Base"}, {"schedule": [{"days": [7], "start": "09:00", "end": "10:00"}]}, {"colour": "red"}],
    )
    def test_a_spec_that_makes_no_sense(self, program: Program, change: dict[str, Any]) -> None:
        spec = {"api_key": "k", "name": "N", "email": "e@example.com", "schedule": [], "event_types": []}
        program.post("/calcom/accounts", spec | change, expect=422)

    def test_an_event_type_of_another_account_is_not_found(self, calcom: Calcom) -> None:
        other = make_account(calcom.program, api_key="cal_other", username="other")
        answer = calcom.send("GET", f"/event-types/{other.event_type}", headers=EVENT_TYPES)
        assert answer.status_code == 404


class TestRestart:
    def test_demo_bookings_stay(self, start: Starter, tmp_path: Path) -> None:
        arguments = ("--seed", "demo", "--state", str(tmp_path / "deep" / "state.json"))
        first = start(*arguments)
        bob = of_key(first, "cal_demo_bobs_barbershop")
        assert {account["api_key"]: list(account["event_types"].values()) for account in accounts(first)} == {
            key: list(ids) for key, ids in DEMO.items()
        }
        day = next_open_day(bob)
        booked = bob.booked(day, event_type=101)
        before = accounts(first)
        first.stop()
        second = start(*arguments)
        again = of_key(second, bob.key)
        assert accounts(second) == before
        assert again.read(booked["uid"]) == booked
        assert again.book(day, event_type=102).status_code == 400
        assert again.booked(next_open_day(again), event_type=101)["id"] == booked["id"] + 1

    def test_it_is_written_while_running(self, start: Starter, tmp_path: Path) -> None:
        state = tmp_path / "state.json"
        program = start("--state", str(state))
        program.set_clock("2026-11-22T07:12:45Z")
        calcom = make_account(program)
        uid = calcom.booked("2026-12-08T10:00:00Z")["uid"]
        deadline = time.monotonic() + 3
        while uid not in (state.read_text() if state.exists() else "") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [booking["uid"] for booking in json.loads(state.read_text())["calcom"]["bookings"]] == [uid]
        program.stop(kill=True)
        assert of_key(start("--state", str(state)), calcom.key).read(uid)["status"] == "accepted"
        assert [path.name for path in tmp_path.iterdir()] == ["state.json"]

    def test_reset_returns_to_the_seed(self, start: Starter) -> None:
        program = start("--seed", "demo")
        seeded = accounts(program)
        make_account(program)
        program.post("/reset")
        assert accounts(program) == seeded


def accounts(program: Program) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = program.get("/calcom/accounts")["accounts"]
    return found


def next_open_day(calcom: Calcom) -> str:
    now = calcom.program.get("/clock")["now"]
    calcom.program.post("/clock", {"now": now})
    return calcom.starts(now[:10], f"{int(now[:4]) + 1}{now[4:10]}", event_type=101)[40]


class TestDemoAccounts:
    def test_every_event_type_can_be_booked(self, start: Starter) -> None:
        program = start("--seed", "demo")
        program.set_clock("2026-11-22T12:00:00Z")
        for key, ids in DEMO.items():
            calcom = of_key(program, key)
            offered = {kind: calcom.starts("2026-11-23", "2026-11-30", event_type=kind) for kind in ids}
            assert all(len(starts) >= 20 for starts in offered.values()), key
        trainer = of_key(program, "cal_demo_peak_fitness")
        trainer.booked("2026-11-24T17:00:00Z", event_type=301)
        assert trainer.book("2026-11-24T17:00:00Z", event_type=302).status_code == 400
        assert trainer.book("2026-11-24T17:00:00Z", event_type=303).status_code == 201


class TestStart:
    def test_it_imports_nothing_of_the_portal(self) -> None:
        code = "import sys, portal.sandbox.__main__; print(*(m for m in sys.modules if m.startswith('portal.')))"
        found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert [name for name in found.stdout.split() if not f"{name}.".startswith("portal.sandbox.")] == []

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "portal.sandbox", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)

    def test_a_busy_port(self) -> None:
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            ended = self.run("--port", str(holder.getsockname()[1]))
        assert ended.returncode == 2
        assert "choose another with --port" in ended.stderr
        assert len(ended.stderr.splitlines()) == 1

    @pytest.mark.parametrize("content", ["{", "[]", '{"calcom": {}}'])
    def test_a_broken_state_file(self, tmp_path: Path, content: str) -> None:
        state = tmp_path / "state.json"
        state.write_text(content)
        ended = self.run("--port", "0", "--state", str(state))
        assert (ended.returncode, state.read_text()) == (2, content)
        assert "seed or state file cannot be used" in ended.stderr
        assert "Traceback" not in ended.stderr
