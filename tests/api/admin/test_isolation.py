"""Every route of the admin's API, walked over its OpenAPI document: nothing of another tenant is seen or changed."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from portal.api.app import Api
from portal.core import db
from portal.core.ids import new_id
from portal.domain import conversation
from tests.api.admin.conftest import Office
from tests.api.admin.operations import BY_NAME, Operation, operations
from tests.factories import MadeTenant

# What staff may ask; everything else is refused to them.
STAFF_MAY = {
    "GET ", "GET services", "GET services/{service_id}", "GET services/export", "GET faqs", "GET faqs/{faq_id}",
    "GET faqs/export", "GET bookings", "POST bookings", "GET bookings/week", "GET bookings/{booking_id}",
    "POST bookings/{booking_id}/cancel", "POST bookings/{booking_id}/reschedule", "POST bookings/{booking_id}/no-show",
    "GET chats", "GET chats/{session_id}", "GET messages", "GET messages/summary", "GET messages/suppressions",
    "GET sms-settings", "POST sms-settings/preview",
}  # fmt: skip
SECRET = ("Secret", "theirs", "Customer of theirs")


@pytest.fixture
def walk(api: Api) -> list[Operation]:
    found = list(operations(api.openapi()))
    assert len(found) > 90
    return found


def contents(office: Office, tenant: MadeTenant, user: UUID) -> dict[str, Any]:
    """One of each thing that a route may name, all of this tenant."""
    booking, domain, invite, event = new_id(), new_id(), new_id(), new_id()
    office.rows(
        "insert into portal.bookings (id, tenant_id, service_id, service_name, attendee_name, attendee_email,"
        " start_time, end_time, cal_booking_uid) values (%s, %s, %s, 'Secret cut', %s, 'secret@example.com',"
        " now() + interval '2 days', now() + interval '2 days 1 hour', %s)",
        booking, tenant.id, tenant.service_id, f"Customer of {tenant.slug}", f"uid-{tenant.slug}",
    )  # fmt: skip
    office.rows(
        "insert into portal.tenant_domains (id, tenant_id, hostname, domain_type) values (%s, %s, %s, 'custom')",
        domain, tenant.id, f"book.{tenant.slug}.example",
    )  # fmt: skip
    office.rows(
        "insert into portal.user_links (id, token_hash, purpose, email, tenant_id, role, expires_at)"
        " values (%s, %s, 'invite', 'invited@example.com', %s, 'tenant_staff', now() + interval '1 day')",
        invite, uuid4().hex, tenant.id,
    )  # fmt: skip
    office.rows(
        "insert into portal.sms_suppressions (tenant_id, phone, reason) values (%s, %s, 'stop')",
        tenant.id, BY_NAME["phone"],
    )  # fmt: skip
    office.rows(
        "insert into portal.booking_events (id, tenant_id, provider, event_type, body_hash, raw_payload)"
        " values (%s, %s, 'calcom', 'PING', 'hash', '{\"title\": \"Secret event\"}')",
        event, tenant.id,
    )  # fmt: skip
    session = conversation.start(db.customer(tenant.id), ip_hash=None, user_agent=None).session_id
    [[faq]] = office.rows("select id from portal.tenant_faqs where tenant_id = %s", tenant.id)
    [[event_type]] = office.rows(
        "select cal_event_type_id from portal.tenant_services where id = %s", tenant.service_id
    )
    return {
        "service_id": tenant.service_id, "faq_id": faq, "booking_id": booking, "session_id": session,
        "domain_id": domain, "user_id": user, "invite_id": invite, "api_key": tenant.cal_key,
        "event_type_id": event_type, "deleted_service_id": deleted(office, tenant, "services"),
        "deleted_faq_id": deleted(office, tenant, "faqs"), "failure_id": failure(office, tenant),
        "other_failure_id": failure(office, tenant), "event_id": event,
    }  # fmt: skip


def deleted(office: Office, tenant: MadeTenant, kind: str) -> Any:
    columns = {
        "services": "name, duration_minutes, resource_id",
        "faqs": "question, answer",
    }[kind]
    [[row_id]] = office.rows(
        f"insert into portal.tenant_{kind} (tenant_id, deleted_at, {columns})"
        f" select tenant_id, now(), {columns} from portal.tenant_{kind} where tenant_id = %s limit 1 returning id",
        tenant.id,
    )
    return row_id


def failure(office: Office, tenant: MadeTenant) -> Any:
    """A job of the tenant's that was given up."""
    job = new_id()
    office.rows(
        "insert into portal.jobs (id, tenant_id, name, state, attempts) values (%s, %s, 'settle_proposal', 'dead', 10)",
        job, tenant.id,
    )  # fmt: skip
    [[failure_id]] = office.rows(
        "insert into portal.job_failures (tenant_id, job_id, name, payload, attempts, last_error)"
        " values (%s, %s, 'settle_proposal', '{}', 10, 'Secret error') returning id",
        tenant.id, job,
    )  # fmt: skip
    return failure_id


def snapshot(office: Office, tenant: MadeTenant) -> dict[str, str]:
    """A digest of all the tenant's rows, by table."""
    tables = office.rows(
        "select c.table_name from information_schema.columns c"
        " join information_schema.tables t using (table_schema, table_name)"
        " where c.table_schema = 'portal' and c.column_name = 'tenant_id' and t.table_type = 'BASE TABLE'"
    )
    taken = {}
    for [table] in tables:
        digest = f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from portal.{table} t"
        [[taken[table]]] = office.rows(f"{digest} where tenant_id = %s", tenant.id)
    [[taken["tenants"]]] = office.rows("select t::text from portal.tenants t where id = %s", tenant.id)
    [[taken["users"]]] = office.rows("select md5(string_agg(u::text, '|' order by u.id)) from portal.users u")
    return taken


class TestAnotherTenant:
    def test_nothing_seen_nothing_changed(self, office: Office, walk: list[Operation]) -> None:
        ids = contents(office, office.theirs, office.neighbour.person.id)
        before = snapshot(office, office.theirs)
        wrong = []
        for operation in walk:
            answer = office.owner.ask(**operation.request(ids, office.theirs.id))
            expected = 404 if operation.is_of_tenant else 403
            if answer.status_code != expected or any(word in answer.text for word in SECRET):
                wrong.append((str(operation), answer.status_code, answer.text[:200]))
        assert wrong == []
        assert snapshot(office, office.theirs) == before

    def test_their_things_under_my_name(self, office: Office, walk: list[Operation]) -> None:
        """The tenant in the address is one's own; the ids in it are the neighbour's."""
        ids = contents(office, office.theirs, office.neighbour.person.id)
        before = snapshot(office, office.theirs)
        wrong = []
        for operation in walk:
            if not operation.is_of_tenant:
                continue
            answer = office.owner.ask(**operation.request(ids, office.mine.id))
            names_theirs = "{" in operation.path.replace("{tenant_id}", "")
            fits = answer.status_code == 404 if names_theirs else answer.status_code < 500
            if not fits or any(word in answer.text for word in SECRET):
                wrong.append((str(operation), answer.status_code, answer.text[:200]))
        assert wrong == []
        assert snapshot(office, office.theirs) == before

    def test_the_requests_would_have_worked(self, office: Office, walk: list[Operation]) -> None:
        """Else the two tests above would pass for another reason: their own admin is not refused."""
        ids = contents(office, office.theirs, office.neighbour.person.id)
        refused = []
        for operation in sorted(walk, key=lambda each: each.method == "DELETE"):
            if not operation.is_of_tenant:
                continue
            answer = office.neighbour.ask(**operation.request(ids, office.theirs.id))
            platform_only = operation.subject == "PATCH " and answer.status_code == 403
            if answer.status_code in (400, 401, 403, 404, 405) and not platform_only:
                refused.append((str(operation), answer.status_code, answer.text[:200]))
        assert refused == [], "\n".join(map(str, refused))

    def test_host_names_no_rights(self, office: Office) -> None:
        answer = office.owner.get("/v1/admin/services", host=office.theirs.host)
        assert answer.status_code == 404
        own = office.owner.get(
            "/v1/admin/services", host=office.theirs.host, headers={"X-Tenant-Id": str(office.mine.id)}
        )
        assert own.status_code == 200
        only = office.owner.get("/v1/admin/services", host="localhost")
        assert {each["id"] for each in only.json()["items"]} == {each["id"] for each in own.json()["items"]}
        nowhere = office.operator.get("/v1/admin/services", host="localhost")
        assert (nowhere.status_code, nowhere.json()["error"]["details"]["field"]) == (400, "X-Tenant-Id")


class TestStaff:
    def test_may_what_the_list_says(self, office: Office, walk: list[Operation]) -> None:
        ids = contents(office, office.mine, office.owner.person.id)
        before = snapshot(office, office.mine)
        wrong = []
        for operation in walk:
            if operation.is_of_tenant and operation.subject in STAFF_MAY:
                continue
            answer = office.staff.ask(**operation.request(ids, office.mine.id))
            if answer.status_code != 403:
                wrong.append((str(operation), answer.status_code, answer.text[:200]))
        assert wrong == []
        assert snapshot(office, office.mine) == before
        assert {each.subject for each in walk} >= STAFF_MAY
        for operation in walk:
            if operation.is_of_tenant and operation.subject in STAFF_MAY:
                answer = office.staff.ask(**operation.request(ids, office.mine.id))
                assert answer.status_code not in (401, 403, 404, 500), (str(operation), answer.text)


class TestNobody:
    def test_is_asked_to_sign_in(self, office: Office, walk: list[Operation]) -> None:
        ids = contents(office, office.mine, office.owner.person.id)
        for operation in walk:
            for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": f"Basic {office.owner.token}"}):
                request = operation.request(ids, office.mine.id)
                request["headers"] |= headers
                answer = office.nobody.ask(request.pop("method"), request.pop("path"), **request)
                assert answer.status_code == 401, (str(operation), answer.text)
