"""Services and FAQs: made, changed, hidden, ordered, deleted and restored."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from portal.core.errors import Conflict, Forbidden, InvalidArgument, NotFound
from portal.core.ids import new_id
from portal.domain import tenants
from portal.domain.admin import faqs, services
from portal.domain.admin.edits import Outdated
from tests.domain.admin.conftest import Shop

NEW: list[tuple[Any, dict[str, Any]]] = [
    (services, {"name": "Shave", "duration_minutes": 40}),
    (faqs, {"question": "Parking?", "answer": "Behind the shop."}),
]


def shown(shop: Shop, module: Any) -> list[str]:
    site = tenants.site(shop.id)
    return [each.name for each in site.services] if module is services else [each.question for each in site.faqs]


def entries(shop: Shop, module: Any, **options: Any) -> Any:
    listing = module.list_services if module is services else module.list_faqs
    return listing(shop.owner, shop.id, **options)


@pytest.mark.parametrize(("module", "values"), NEW)
class TestLife:
    def test_created_at_the_end(self, shop: Shop, module: Any, values: dict[str, Any]) -> None:
        made = module.create(shop.owner, shop.id, values)
        assert shown(shop, module)[2:] == [next(iter(values.values()))]
        assert module.get(shop.owner, shop.id, made.id) == made
        [entry] = shop.audit()
        assert entry["action"].endswith(".created")
        assert entry["target_id"] == str(made.id)

    def test_hidden_deleted_and_restored(self, shop: Shop, module: Any, values: dict[str, Any]) -> None:
        first = entries(shop, module).items[0]
        names = shown(shop, module)
        hidden = module.update(shop.owner, shop.id, first.id, {"active": False}, version=first.version)
        assert shown(shop, module) == names[1:]
        assert len(entries(shop, module).items) == 2
        gone = module.delete(shop.owner, shop.id, first.id, version=hidden.version)
        assert [each.id for each in entries(shop, module, deleted=True).items] == [first.id]
        with pytest.raises(NotFound):
            module.update(shop.owner, shop.id, first.id, {"active": True}, version=gone.version)
        with pytest.raises(NotFound):
            module.delete(shop.owner, shop.id, first.id, version=gone.version)
        with pytest.raises(NotFound):
            module.get(shop.owner, shop.id, first.id)
        back = module.restore(shop.owner, shop.id, first.id, version=gone.version)
        module.update(shop.owner, shop.id, first.id, {"active": True}, version=back.version)
        assert shown(shop, module) == [names[1], names[0]]
        acts = [entry["action"].partition(".")[2] for entry in shop.audit()]
        assert acts == ["updated", "deleted", "restored", "updated"]

    def test_order(self, shop: Shop, module: Any, values: dict[str, Any]) -> None:
        listed = entries(shop, module)
        names, ids = shown(shop, module), [each.id for each in listed.items]
        turned = module.reorder(shop.owner, shop.id, ids[::-1], version=listed.order_version)
        assert [each.id for each in turned.items] == ids[::-1]
        assert shown(shop, module) == names[::-1]
        assert turned == entries(shop, module)
        # Ordering is no edit of the entries: whoever has one open can still save it.
        assert {each.version for each in turned.items} == {each.version for each in listed.items}
        with pytest.raises(Outdated) as caught:
            module.reorder(shop.owner, shop.id, ids, version=listed.order_version)
        assert caught.value.details["current"]["ids"] == [str(each) for each in ids[::-1]]
        for wrong in (ids[:1], [*ids, new_id()], [ids[0], ids[0]], ["x"]):
            with pytest.raises(InvalidArgument):
                module.reorder(shop.owner, shop.id, wrong, version=turned.order_version)

    def test_another_tenants_entry(self, shop: Shop, module: Any, values: dict[str, Any]) -> None:
        foreign = module.create(shop.stranger, shop.other.id, values)
        with pytest.raises(NotFound):
            module.get(shop.owner, shop.id, foreign.id)
        with pytest.raises(NotFound):
            module.update(shop.owner, shop.id, foreign.id, {"active": False}, version=foreign.version)
        with pytest.raises(NotFound):
            module.delete(shop.owner, shop.id, foreign.id, version=foreign.version)
        assert module.get(shop.stranger, shop.other.id, foreign.id) == foreign

    def test_staff_reads_only(self, shop: Shop, module: Any, values: dict[str, Any]) -> None:
        first = entries(shop, module).items[0]
        assert module.get(shop.staff, shop.id, first.id) == first
        with pytest.raises(Forbidden):
            module.create(shop.staff, shop.id, values)
        with pytest.raises(Forbidden):
            module.update(shop.staff, shop.id, first.id, {"active": False}, version=first.version)
        with pytest.raises(Forbidden):
            module.reorder(shop.staff, shop.id, [], version="x")

    def test_required(self, shop: Shop, module: Any, values: dict[str, Any]) -> None:
        for name in values:
            with pytest.raises(InvalidArgument) as caught:
                module.create(shop.owner, shop.id, {**values, name: None})
            assert caught.value.details["field"] == name


class TestServices:
    def test_price_of_two_editors(self, shop: Shop) -> None:
        [first, _] = services.list_services(shop.owner, shop.id).items

        def save(price: int) -> Any:
            try:
                return services.update(shop.owner, shop.id, first.id, {"price_cents": price}, version=first.version)
            except Outdated as conflict:
                return conflict

        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(save, range(4000, 4800, 100)))
        [won] = [each for each in done if not isinstance(each, Outdated)]
        assert all(each.details["current"]["price_cents"] == won.price_cents for each in done if each is not won)
        assert tenants.site(shop.id).services[0].price_cents == won.price_cents
        [entry] = shop.audit()
        assert entry["metadata"]["changes"] == {"price_cents": {"before": 3500, "after": won.price_cents}}

    def test_resource(self, shop: Shop) -> None:
        made = services.create(shop.owner, shop.id, {"name": "Shave", "duration_minutes": 40, "resource": "Room 2"})
        assert made.resource == "Room 2"
        moved = services.update(
            shop.owner, shop.id, made.id, {"name": "Shaving", "duration_minutes": 45}, version=made.version
        )
        assert moved.resource == "Room 2"
        back = services.update(shop.owner, shop.id, made.id, {"resource": "Main"}, version=moved.version)
        first = services.list_services(shop.owner, shop.id).items[0]
        stored = shop.rows("select resource_id from portal.tenant_services where id = any(%s)", [first.id, back.id])
        assert stored[0] == stored[1]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("duration_minutes", 4), ("duration_minutes", 1441), ("price_cents", -1), ("seats", 0), ("currency", "XXX"),
            ("name", ""), ("cal_event_type_id", 0), ("active", None), ("price_cents", 3.5),
        ],
    )  # fmt: skip
    def test_refused(self, shop: Shop, field: str, value: Any) -> None:
        first = services.list_services(shop.owner, shop.id).items[0]
        with pytest.raises(InvalidArgument) as caught:
            services.update(shop.owner, shop.id, first.id, {field: value}, version=first.version)
        assert caught.value.details["field"] == field

    def test_there_is_a_most(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        shop.rows(
            "insert into portal.tenant_services (tenant_id, resource_id, name, duration_minutes)"
            " select tenant_id, resource_id, 'Cut ' || n, 30 from portal.tenant_services,"
            f" generate_series(1, {services.MOST - 2}) n where tenant_id = %s and name = 'Haircut'",
            shop.id,
        )
        with pytest.raises(Conflict, match="at most"):
            services.create(shop.owner, shop.id, {"name": "One more", "duration_minutes": 30})
