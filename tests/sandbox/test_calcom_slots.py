"""Slots follow the schedule, the clocks of its zone, the event type's rules and the host's bookings."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conftest import SLOTS, Calcom, Program, error, make_account

TUESDAY = ("2026-12-08", "2026-12-08")


def event_type(**changes: Any) -> dict[str, Any]:
    return {"slug": "room", "title": "Room", "length_minutes": 30} | changes


class TestSchedule:
    def test_spring_forward_moves_the_utc_hour(self, calcom: Calcom) -> None:
        found = calcom.slots("2027-03-26", "2027-03-29", timeZone="UTC")
        assert [(day, slots[0]["start"][11:16], len(slots)) for day, slots in found.items()] == [
            ("2027-03-26", "08:00", 16),
            ("2027-03-29", "07:00", 16),
        ]

    def test_a_day_with_23_hours_has_no_slot_in_the_missing_one(self, program: Program) -> None:
        program.set_clock("2026-11-22T00:00:00Z")
        always = [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "00:00", "end": "24:00"}]
        calcom = make_account(program, schedule=always, timezone="America/New_York")
        starts = calcom.starts("2027-03-14T05:00:00Z", "2027-03-15T03:59:59Z", timeZone="America/New_York")
        assert len(starts) == 46
        assert [start[11:] for start in starts[2:6]] == [
            "01:00:00.000-05:00",
            "01:30:00.000-05:00",
            "03:00:00.000-04:00",
            "03:30:00.000-04:00",
        ]

    def test_dates_are_those_of_the_asked_zone(self, calcom: Calcom) -> None:
        found = calcom.slots("2026-12-07", "2026-12-07", timeZone="Pacific/Auckland")
        assert {day: slots[0]["start"] for day, slots in found.items()} == {
            "2026-12-07": "2026-12-07T21:00:00.000+13:00",
            "2026-12-08": "2026-12-08T00:00:00.000+13:00",
        }

    def test_a_day_without_an_hour_is_a_day_in_utc(self, program: Program) -> None:
        program.set_clock("2026-11-22T00:00:00Z")
        calcom = make_account(program, timezone="America/Los_Angeles")
        # 09:00 to 17:00 there is 17:00 to 01:00 UTC: the last two slots belong to the next UTC day.
        starts = calcom.starts(*TUESDAY, timeZone="America/Los_Angeles")
        assert starts[0] == "2026-12-07T16:00:00.000-08:00"
        assert starts[-1] == "2026-12-08T15:30:00.000-08:00"

    def test_midnight_as_end_means_the_end_of_that_day(self, calcom: Calcom) -> None:
        assert len(calcom.starts("2026-12-08T00:00:00Z", "2026-12-08T00:00:00Z")) == 16

    def test_the_range_may_cut_a_day(self, calcom: Calcom) -> None:
        assert calcom.starts("2026-12-08T10:10:00Z", "2026-12-08T11:29:00Z") == ["2026-12-08T10:30:00.000Z"]

    def test_end_before_start(self, calcom: Calcom) -> None:
        assert calcom.starts("2026-12-08", "2026-12-07") == []


class TestEventTypeRules:
    def test_interval_and_length(self, program: Program) -> None:
        program.set_clock("2026-11-22T00:00:00Z")
        calcom = make_account(program, event_types=[event_type(length_minutes=45, slot_interval=15)])
        starts = calcom.starts(*TUESDAY)
        assert (starts[1], starts[-1]) == ("2026-12-08T08:15:00.000Z", "2026-12-08T15:15:00.000Z")

    def test_minimum_notice_begins_on_the_grid(self, program: Program) -> None:
        program.set_clock("2026-12-08T09:07:30Z")
        calcom = make_account(program, event_types=[event_type(minimum_notice_minutes=60)])
        assert calcom.starts(*TUESDAY)[0] == "2026-12-08T10:30:00.000Z"

    def test_booking_window(self, program: Program) -> None:
        program.set_clock("2026-12-07T12:00:00Z")
        calcom = make_account(program, event_types=[event_type(booking_window_days=1)])
        assert calcom.starts("2026-12-07", "2026-12-11")[-1] == "2026-12-08T12:00:00.000Z"
        assert error(calcom.book("2026-12-09T09:00:00Z")).startswith("The event type can't be booked at the")

    def test_notice_is_asked_of_a_booking_too(self, program: Program) -> None:
        program.set_clock("2026-12-08T09:07:00Z")
        calcom = make_account(program, event_types=[event_type(minimum_notice_minutes=60)])
        answer = calcom.book("2026-12-08T10:00:00Z")
        assert (answer.status_code, "too soon" in error(answer)) == (400, True)

    def test_buffers_of_both_sides(self, program: Program) -> None:
        program.set_clock("2026-11-22T00:00:00Z")
        kinds = [event_type(before_buffer=10, after_buffer=20), event_type(slug="plain", slot_interval=10)]
        calcom = make_account(program, event_types=kinds)
        calcom.booked("2026-12-08T10:00:00Z")
        plain = calcom.starts(*TUESDAY, event_type=calcom.ids["event_types"]["plain"])
        gone = {f"{hour:02d}:{minute:02d}" for hour in (9, 10) for minute in range(0, 60, 10)}
        free = {start[11:16] for start in plain}
        assert gone - free == {"09:30", "09:40", "09:50", "10:00", "10:10", "10:20", "10:30", "10:40"}


class TestBookings:
    def test_event_types_share_their_hosts_time(self, program: Program) -> None:
        program.set_clock("2026-11-22T00:00:00Z")
        kinds = [event_type(slug="a"), event_type(slug="b"), event_type(slug="c", host="other")]
        calcom = make_account(program, event_types=kinds)
        ids = calcom.ids["event_types"]
        calcom.booked("2026-12-08T10:00:00Z", event_type=ids["a"])
        assert "2026-12-08T10:00:00.000Z" not in calcom.starts(*TUESDAY, event_type=ids["b"])
        assert "2026-12-08T10:00:00.000Z" in calcom.starts(*TUESDAY, event_type=ids["c"])

    def test_slots_after_a_booking_return_to_the_grid(self, program: Program) -> None:
        program.set_clock("2026-11-22T00:00:00Z")
        kinds = [event_type(length_minutes=20, slug="short"), event_type(length_minutes=60, slug="long")]
        calcom = make_account(program, event_types=kinds)
        calcom.booked("2026-12-08T09:00:00Z", event_type=calcom.ids["event_types"]["short"])
        hours = [start[11:16] for start in calcom.starts(*TUESDAY, event_type=calcom.ids["event_types"]["long"])]
        assert hours == ["08:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00"]

    def test_the_booking_to_move_frees_its_time(self, calcom: Calcom) -> None:
        uid = calcom.booked("2026-12-08T10:00:00Z")["uid"]
        assert "2026-12-08T10:00:00.000Z" not in calcom.starts(*TUESDAY)
        assert "2026-12-08T10:00:00.000Z" in calcom.starts(*TUESDAY, bookingUidToReschedule=uid)

    def test_cancelling_frees_the_time(self, calcom: Calcom) -> None:
        uid = calcom.booked("2026-12-08T10:00:00Z")["uid"]
        calcom.act(uid, "cancel", {"cancellationReason": "ill"}).raise_for_status()
        assert len(calcom.starts(*TUESDAY)) == 16

    def test_a_pending_booking_hides_the_time_from_its_own_kind_only(self, program: Program) -> None:
        program.set_clock("2026-11-22T00:00:00Z")
        kinds = [event_type(slug="ask", requires_confirmation=True), event_type(slug="plain")]
        calcom = make_account(program, event_types=kinds)
        assert calcom.booked("2026-12-08T10:00:00Z")["status"] == "pending"
        assert "2026-12-08T10:00:00.000Z" not in calcom.starts(*TUESDAY)
        assert "2026-12-08T10:00:00.000Z" in calcom.starts(*TUESDAY, event_type=calcom.ids["event_types"]["plain"])

    def test_seats(self, program: Program) -> None:
        program.set_clock("2026-11-22T00:00:00Z")
        calcom = make_account(program, event_types=[event_type(length_minutes=60, slot_interval=30, seats=2)])
        uid = calcom.booked("2026-12-08T10:00:00Z")["uid"]
        day = calcom.slots(*TUESDAY)["2026-12-08"]
        shown = [slot for slot in day if "09:30" <= slot["start"][11:16] <= "10:30"]
        begun = {"seatsBooked": 1, "seatsRemaining": 1, "seatsTotal": 2, "attendeesCount": 1, "bookingUid": uid}
        assert shown == [{"start": "2026-12-08T10:00:00.000Z"} | begun]
        calcom.booked("2026-12-08T10:00:00Z", email="ben@example.com")
        assert "2026-12-08T10:00:00.000Z" not in calcom.starts(*TUESDAY)


class TestReservation:
    def reserve(self, calcom: Calcom, **more: Any) -> Any:
        body = {"eventTypeId": calcom.event_type, "slotStart": "2026-12-08T10:00:00Z"} | more
        return calcom.send("POST", "/slots/reservations", headers=SLOTS, json=body)

    def test_it_runs_out(self, calcom: Calcom) -> None:
        held = self.reserve(calcom).json()["data"]
        assert held["reservationUntil"] == "2026-11-22T07:17:45.000Z"
        assert self.reserve(calcom).status_code == 422
        calcom.program.post("/clock", {"advance_seconds": 301})
        assert self.reserve(calcom).status_code == 201
        assert calcom.send("GET", f"/slots/reservations/{held['reservationUid']}", headers=SLOTS).json()["data"] is None

    def test_it_can_be_moved(self, calcom: Calcom) -> None:
        uid = self.reserve(calcom).json()["data"]["reservationUid"]
        body = {"eventTypeId": calcom.event_type, "slotStart": "2026-12-08T11:00:00Z"}
        moved = calcom.send("PATCH", f"/slots/reservations/{uid}", headers=SLOTS, json=body).json()["data"]
        assert (moved["reservationUid"], moved["slotStart"]) == (uid, "2026-12-08T11:00:00.000Z")
        assert self.reserve(calcom).status_code == 201

    def test_a_booked_slot_cannot_be_reserved(self, calcom: Calcom) -> None:
        calcom.booked("2026-12-08T10:00:00Z")
        answer = self.reserve(calcom)
        assert (answer.status_code, error(answer)) == (422, "Can't reserve a slot if the event is already booked.")

    def test_a_duration_needs_a_key(self, calcom: Calcom) -> None:
        body = {"eventTypeId": calcom.event_type, "slotStart": "2026-12-08T10:00:00Z", "reservationDuration": 10}
        assert calcom.send("POST", "/slots/reservations", keyless=True, headers=SLOTS, json=body).status_code == 401
        assert self.reserve(calcom, reservationDuration=10).json()["data"]["reservationDuration"] == 10
