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
            b"", b"\n\n", b"name,duration_minutes\n", b"title,length\nA,1\n", b"name,name\nA,B\n", b"\xff\xfe\x00name",
            b"name,duration_minutes\n\"A,1\n", b"name\nA,B\n", b"name\n" + b"A\n" * 1001, b"x" * 600_000,
            "name,duration_minutes\nCafé,30\n".encode("latin-1"),
        ],
    )  # fmt: skip
    def test_no_table(self, shop: Shop, content: bytes) -> None:
        with pytest.raises(InvalidArgument) as caught:
            csv.SERVICES.load(shop.owner, shop.id, content)
        assert caught.value.details["field"] == "file"

    def test_not_for_staff(self, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            csv.SERVICES.load(shop.staff, shop.id, b"name\nA\n")
