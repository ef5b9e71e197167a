"""Tables out and in again: a look first, all or nothing, a word for every line."""

import csv as reader
import io

import pytest

from portal.core.errors import Forbidden, InvalidArgument
from portal.domain.admin import csv, faqs, services
from portal.domain.admin.edits import Outdated
from tests.domain.admin.conftest import Shop

HEAD = "name,duration_minutes,price,currency,active\n"


def look(shop: Shop, text: str) -> csv.Report:
    return csv.SERVICES.load(shop.owner, shop.id, text.encode())


def apply(shop: Shop, text: str, version: str) -> csv.Report:
    return csv.SERVICES.load(shop.owner, shop.id, text.encode(), apply=True, version=version)


def names(shop: Shop) -> dict[str, int | None]:
    return {each.name: each.price_cents for each in services.list_services(shop.owner, shop.id).items}


class TestExport:
    def test_comes_back_unchanged(self, shop: Shop) -> None:
        services.create(
            shop.owner, shop.id,
            {"name": '=HYPERLINK("x")', "duration_minutes": 30, "description": "two\nlines, \"quoted\"",
             "price_cents": 1500, "currency": "JPY", "category": "'tis", "active": False},
        )  # fmt: skip
        table = csv.SERVICES.export(shop.owner, shop.id)
        rows = list(reader.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))
        assert [row["price"] for row in rows] == ["35.00", "20.00", "1500"]
        assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())
        report = csv.SERVICES.load(shop.owner, shop.id, table)
        assert (report.unchanged, report.errors, report.created, report.updated) == (3, 0, 0, 0)

    def test_faqs(self, shop: Shop) -> None:
        report = csv.FAQS.load(shop.owner, shop.id, csv.FAQS.export(shop.owner, shop.id))
        assert report.unchanged == 2


class TestImport:
    def test_looked_at_then_applied(self, shop: Shop) -> None:
        text = HEAD + "HAIRCUT,30,40,USD,yes\n\nShave,40,30.50,USD,\nBeard trim,20,20,USD,yes\n"
        before = names(shop)
        report = look(shop, text)
        assert not report.applied
        assert [(line.number, line.action) for line in report.lines] == [(2, "update"), (4, "create"), (5, "unchanged")]
        assert names(shop) == before
        assert shop.audit() == []
        done = apply(shop, text, report.version)
        assert done.applied
        assert names(shop) == {"HAIRCUT": 4000, "Beard trim": 2000, "Shave": 3050}
        assert [entry["action"] for entry in shop.audit()] == ["service.updated", "service.created"]

    def test_one_error_stops_all(self, shop: Shop) -> None:
        text = (
            HEAD
            + "Shave,40,30,USD,yes\nTrim,2,30,USD,yes\nWax,30,lots,USD,yes\nPeel,30,1,USD,maybe\nShave,40,30,USD,yes\n"
        )
        report = look(shop, text)
        assert (report.errors, report.created) == (4, 1)
        assert [(line.number, line.field) for line in report.lines if line.action == "error"] == [
            (3, "duration_minutes"), (4, "price"), (5, "active"), (6, "name"),
        ]  # fmt: skip
        before = names(shop)
        assert not apply(shop, text, report.version).applied
        assert names(shop) == before
        assert shop.audit() == []

    def test_somebody_was_faster(self, shop: Shop) -> None:
        text = HEAD + "Haircut,30,40,USD,yes\n"
        report = look(shop, text)
        first = services.list_services(shop.owner, shop.id).items[0]
        services.update(shop.owner, shop.id, first.id, {"price_cents": 3600}, version=first.version)
        with pytest.raises(Outdated):
            apply(shop, text, report.version)
        assert names(shop)["Haircut"] == 3600

    def test_by_id(self, shop: Shop) -> None:
        first = faqs.list_faqs(shop.owner, shop.id).items[0]
        text = f"id;question;answer\n{first.id};Do you take cards?;All of them\nnot-an-id;A?;B\n;New?;Yes\n".encode()
        report = csv.FAQS.load(shop.owner, shop.id, text)
        assert [line.action for line in report.lines] == ["update", "error", "create"]
        foreign = faqs.list_faqs(shop.stranger, shop.other.id).items[0]
        stolen = csv.FAQS.load(shop.owner, shop.id, f"id,question,answer\n{foreign.id},Mine?,Yes\n".encode())
        assert [(line.action, line.field) for line in stolen.lines] == [("error", "id")]

    def test_columns_that_are_not_there_stay(self, shop: Shop) -> None:
        text = "name,description\nHaircut,With scissors\n"
        apply(shop, text, look(shop, text).version)
        first = services.list_services(shop.owner, shop.id).items[0]
        assert (first.description, first.price_cents, first.duration_minutes) == ("With scissors", 3500, 30)

    @pytest.mark.parametrize(
        "content",
        [
            b"", b"\n\n", b"name,duration_minutes\n", b"heading,size\nA,1\n", b"name,name\nA,B\n", b"\xff\xfe\x00name",
            b"name,duration_minutes\n\"A,1\n", b"name\nA,B\n", b"name\n" + b"A\n" * 1001, b"x" * 600_000,
            b"name,title\nA,B\n", b"sep=;\n", b"name,duration_minutes\n\x81\x8d,30\n", b"name\n\x00\n",
        ],
    )  # fmt: skip
    def test_no_table(self, shop: Shop, content: bytes) -> None:
        with pytest.raises(InvalidArgument) as caught:
            csv.SERVICES.load(shop.owner, shop.id, content)
        assert caught.value.details["field"] == "file"

    @pytest.mark.parametrize(
        ("content", "notes"),
        [
            (b"name,duration_minutes\r\nShave,40\r\n", []),
            (b"\xef\xbb\xbfName,Duration Minutes\nShave,40\n", []),
            (b"NAME,duration_minutes,,\nShave,40,,\n", []),
            (b"\n,,\nname,duration_minutes\nShave,40\n", []),
            (b"sep=;\r\nname;duration_minutes\r\nShave;40\r\n", ["separated by semicolons"]),
            (b'"sep=;"\nname;duration_minutes\nShave;40\n', ["separated by semicolons"]),
            (b"name\tduration_minutes\nShave\t40\n", ["separated by tabs"]),
            (b"Service,Length\nShave,40\n", ["“Service” was read as name", "“Length” was read as duration_minutes"]),
            ("Title;Duration (min)\nShave;40\n".encode("utf-16"), ["UTF-16", "Title", "Duration (min)", "semicolons"]),
            (b"name,duration_minutes,description\nShave,40,Caf\xe9 \x93style\x94\n", ["Windows-1252"]),
            (b"name,duration_minutes\rShave,40\r", []),
        ],
    )  # fmt: skip
    def test_as_spreadsheets_write_it(self, shop: Shop, content: bytes, notes: list[str]) -> None:
        report = csv.SERVICES.load(shop.owner, shop.id, content)
        assert [(line.action, line.name) for line in report.lines] == [("create", "Shave")]
        assert len(report.notes) == len(notes)
        assert all(part in note for part, note in zip(notes, report.notes, strict=True))

    def test_accents_of_windows(self, shop: Shop) -> None:
        text = "name,duration_minutes\nCafé,30\n".encode("windows-1252")
        csv.SERVICES.load(
            shop.owner, shop.id, text, apply=True, version=csv.SERVICES.load(shop.owner, shop.id, text).version
        )
        assert "Café" in names(shop)

    def test_faqs_too(self, shop: Shop) -> None:
        report = csv.FAQS.load(shop.owner, shop.id, b"sep=;\nQ;A;\nParking?;Behind the house;\n")
        assert [(line.number, line.action, line.name) for line in report.lines] == [(3, "create", "Parking?")]

    def test_unknown_columns_are_named(self, shop: Shop) -> None:
        with pytest.raises(InvalidArgument, match=r"There is no column “Colour”\. Known columns: id, name"):
            csv.SERVICES.load(shop.owner, shop.id, b"name,Colour\nCut,red\n")

    @pytest.mark.parametrize(
        ("price", "currency", "cents"),
        [
            ("35", "USD", 3500), ("35.5", "USD", 3550), ('"35,50"', "EUR", 3550), ('"1,200.50"', "USD", 120_050),
            ('"1.200,50"', "EUR", 120_050), ("1500", "JPY", 1500), ("1500.00", "JPY", 1500), ("1.234", "KWD", 1234),
            ("1e999999", "USD", None), ("1_000", "USD", None), ("1.200", "EUR", None), ('"1,200"', "USD", None),
            ("NaN", "USD", None), ("Infinity", "USD", None), ("-5", "USD", None), ("35.555", "USD", None),
            ("٣٥", "USD", None), ("9" * 40, "USD", None), ("0.5", "JPY", None),
        ],
    )  # fmt: skip
    def test_prices(self, shop: Shop, price: str, currency: str, cents: int | None) -> None:
        text = f"name,duration_minutes,price,currency\r\nShave,30,{price},{currency}\r\n"
        report = look(shop, text)
        if cents is None:
            assert [(line.action, line.field) for line in report.lines] == [("error", "price")]
        else:
            apply(shop, text, report.version)
            assert names(shop)["Shave"] == cents

    @pytest.mark.parametrize("column", ["duration_minutes", "seats", "cal_event_type_id"])
    @pytest.mark.parametrize("number", ["1_0", "1e3", "٣٠", "30.5", "-1", "9" * 12, "9" * 30, "NaN"])
    def test_numbers(self, shop: Shop, column: str, number: str) -> None:
        report = look(
            shop,
            f"name,duration_minutes,{column}\nShave,30,{number}\n"
            if column != "duration_minutes"
            else f"name,{column}\nShave,{number}\n",
        )
        assert [(line.action, line.field) for line in report.lines] == [("error", column)]

    def test_not_for_staff(self, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            csv.SERVICES.load(shop.staff, shop.id, b"name\nA\n")
