"""The wall between tenants, walked whole: every table × verb × role × own, other and no tenant.

Each table holds one row of each of two tenants. What a role may do is written down here once more, by hand, and
compared with what the database lets it do.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import exc

from portal.core import db, schema
from portal.core.db import Access
from portal.core.ids import new_id

VERBS = ("select", "insert", "update", "delete")
SITE = {
    "tenant_profiles", "tenant_branding", "tenant_domains", "tenant_services", "tenant_faqs", "tenant_policies",
    "tenant_ai_settings", "tenant_resources", "tenant_logos",
}  # fmt: skip
R, RI, RIU, RIUD, I = "select", "select insert", "select insert update", "select insert update delete", "insert"
MAY: dict[str, dict[str, str]] = {
    # A visitor who holds this session, booking and request key; see TestStranger for one who holds none.
    "customer": dict.fromkeys(SITE | {"tenants"}, R) | {
        "bookings": RIU, "chat_sessions": RIU, "chat_messages": RI, "slot_offers": RIUD, "proposals": RIU,
        "slot_claims": RIUD, "request_idempotency": RIU, "audit_log": I,
    },
    "staff": dict.fromkeys(SITE | {"tenants"}, R) | {
        "customers": RIU, "bookings": RIU, "booking_events": R, "chat_sessions": R, "chat_messages": R,
        "slot_offers": R, "proposals": RIU, "slot_claims": RIUD, "request_idempotency": RIU, "audit_log": I,
        "notifications": R, "sms_suppressions": R, "tenant_sms_settings": R,
    },
    "admin": dict.fromkeys(SITE | {"tenant_integrations"}, RIUD) | {
        "tenants": R, "tenant_memberships": R, "tenant_usage": R, "customers": RIU, "bookings": RIU,
        "booking_events": R, "chat_sessions": R, "chat_messages": R, "slot_offers": R, "proposals": RIU,
        "slot_claims": RIUD, "request_idempotency": RIU, "jobs": R, "job_failures": R, "audit_log": RI,
        "notifications": R, "sms_suppressions": "select update", "tenant_sms_settings": RIUD,
    },
    "worker": dict.fromkeys(SITE | {"tenants", "tenant_usage", "jobs", "job_failures"}, R) | {
        "tenant_integrations": "select update", "customers": RIU, "bookings": RIU, "booking_events": R,
        "chat_sessions": "select update", "chat_messages": RI, "slot_offers": "select delete", "proposals": RIU,
        "slot_claims": RIUD, "request_idempotency": "select delete", "audit_log": I,
        "notifications": RIU, "sms_suppressions": RIU, "tenant_sms_settings": RIU,
    },
}  # fmt: skip
# Whoever runs the platform may do in every tenant what its admin may, and make and suspend tenants.
MAY["platform"] = MAY["admin"] | {"tenants": RIU}
MEMBERS = ("staff", "admin", "platform")
IDENTITY_TABLES = {"users", "user_sessions", "user_links", "user_recovery_codes"}
KEY = {
    "tenants": "id", "periodic_runs": "name", "platform_admins": "user_id",
}  # fmt: skip


class Rows:
    """One row per table of one tenant; ``values[table]`` can be inserted as it is."""

    def __init__(self, user: UUID) -> None:
        self.tenant, self.user, self.staff, self.operator = new_id(), user, uuid4(), uuid4()
        self.session, self.booking, self.key = new_id(), new_id(), f"key-{uuid4().hex}"
        own = {"tenant_id": self.tenant}
        resource, service, customer, proposal = new_id(), new_id(), new_id(), new_id()
        time = {"start_time": "2030-01-07T15:00:00Z", "end_time": "2030-01-07T15:30:00Z"}
        slug = f"t{self.tenant.hex}"
        self.values: dict[str, dict[str, Any]] = {
            "tenants": {"id": self.tenant, "slug": slug},
            "tenant_profiles": own | {"business_name": "Shop"},
            "tenant_branding": own,
            "tenant_logos": own | {"content": b"logo", "content_type": "image/png", "sha256": "0" * 64},
            "tenant_domains": own | {"hostname": f"{slug}.example.com", "domain_type": "custom"},
            "tenant_memberships": own | {"user_id": user, "role": "tenant_admin"},
            "tenant_resources": own | {"id": resource, "name": "Main"},
            "tenant_services": own | {"id": service, "resource_id": resource, "name": "Cut", "duration_minutes": 30},
            "tenant_faqs": own | {"question": "Q", "answer": "A"},
            "tenant_policies": own,
            "tenant_ai_settings": own,
            "tenant_integrations": own,
            "tenant_usage": own | {"day": "2030-01-07"},
            "visitor_usage": own | {"day": "2030-01-07", "visitor": "v"},
            "customers": own | {"id": customer, "email": "a@example.com"},
            "bookings": own | time | {
                "id": self.booking, "service_id": service, "service_name": "Cut", "customer_id": customer,
                "attendee_name": "A", "attendee_email": "a@example.com", "cal_booking_uid": f"uid{self.tenant.hex}",
            },
            "booking_events": own
            | {"provider": "calcom", "event_type": "PING", "body_hash": "h", "raw_payload": Jsonb({})},
            "notifications": own | {
                "booking_id": self.booking, "kind": "confirmation", "start_time": "2030-01-07T15:00:00Z",
                "to_phone": "+12125550123", "due_at": "2030-01-07T15:00:00Z",
            },
            "sms_suppressions": own | {"phone": "+12125550123", "reason": "stop"},
            "tenant_sms_settings": own,
            "chat_sessions": own | {"id": self.session},
            "chat_messages": own | {"session_id": self.session, "role": "user", "content": Jsonb([])},
            "slot_offers": own | time
            | {"session_id": self.session, "service_id": service, "expires_at": "2030-01-07T15:30:00Z"},
            "proposals": own | time | {
                "id": proposal, "session_id": self.session, "booking_id": self.booking, "kind": "create",
                "service_id": service, "attendee_name": "A", "attendee_email": "a@example.com", "summary": "Cut",
                "expires_at": "2030-01-07T15:30:00Z",
            },
            "slot_claims": own | time | {
                "resource_id": resource, "service_id": service, "booking_id": self.booking, "seat": 1,
                "proposal_id": proposal,
            },
            "request_idempotency": own | {"scope": "bookings", "key": self.key, "request_hash": "h"},
            "jobs": own | {"name": "noop"},
            "job_failures": own
            | {"job_id": new_id(), "name": "noop", "payload": Jsonb({}), "attempts": 1, "last_error": "x"},
            "audit_log": own | {"actor_type": "system", "action": "test"},
        }  # fmt: skip


def add(connection: Any, table: str, values: dict[str, Any]) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, values))
    marks = sql.SQL(", ").join([sql.Placeholder()] * len(values))
    statement = sql.SQL("insert into portal.{} ({}) values ({})").format(sql.Identifier(table), columns, marks)
    connection.execute(statement, list(values.values()))


@pytest.fixture
def rows(database: str) -> Iterator[tuple[Rows, Rows]]:
    """Own and other tenant, every table filled."""
    own, other = Rows(uuid4()), Rows(uuid4())
    with psycopg.connect(database, autocommit=True) as connection:
        for each in (own, other):
            for table, values in each.values.items():
                add(connection, table, values)
            staff = {"tenant_id": each.tenant, "user_id": each.staff, "role": "tenant_staff"}
            add(connection, "tenant_memberships", staff)
            add(connection, "platform_admins", {"user_id": each.operator})
    return own, other


def accesses(rows: Rows, role: str) -> Access:
    if role == "customer":
        return db.customer(rows.tenant, session_id=rows.session, booking_id=rows.booking, request_key=rows.key)
    people = {"staff": rows.staff, "admin": rows.user, "platform": rows.operator}
    return db.member(people[role], rows.tenant) if role in people else db.worker(rows.tenant)


def outcome(access: Access, table: str, verb: str, target: Rows) -> str:
    """``rows`` when rows of the target were touched, ``none`` when none, ``refused`` when the database said no."""
    key = KEY.get(table, "tenant_id")
    statement = {
        "select": f"select 1 from portal.{table} where {key} = :tenant",
        "update": f"update portal.{table} set {key} = {key} where {key} = :tenant",
        "delete": f"delete from portal.{table} where {key} = :tenant",
    }
    try:
        with access.begin() as scope:
            connection = scope.session.connection().connection.driver_connection
            if verb == "insert":
                add(connection, table, fresh(target, table))
                return "rows"
            result = scope.execute(statement[verb], tenant=target.tenant)
            return "rows" if (result.fetchall() if verb == "select" else result.rowcount) else "none"
    except (exc.DBAPIError, psycopg.Error) as error:
        cause = getattr(error, "orig", error)
        if isinstance(cause, psycopg.errors.InsufficientPrivilege):
            return "refused"
        # Past the wall, stopped by a key: the verb itself was allowed.
        if isinstance(cause, psycopg.errors.IntegrityError):
            return "rows"
        raise


def fresh(target: Rows, table: str) -> dict[str, Any]:
    """The table's row once more. Its keys exist already: reaching the key check means the wall let it pass."""
    return target.values[table]


TABLES = sorted(Rows(uuid4()).values)


class TestWalk:
    def test_all_tables_are_walked(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            found = {row[0] for row in connection.execute(
                "select c.relname from pg_class c where c.relnamespace = 'portal'::regnamespace and c.relkind = 'r'"
                " and c.relrowsecurity and c.relforcerowsecurity"
            )}  # fmt: skip
            unwalled = {row[0] for row in connection.execute(
                "select c.relname from pg_class c"
                " where c.relnamespace = 'portal'::regnamespace and c.relkind in ('r', 'v')"
                " and not (c.relrowsecurity and c.relforcerowsecurity)"
            )}  # fmt: skip
        assert found == set(TABLES) | {"platform_admins", "periodic_runs", "scope_keys"} | IDENTITY_TABLES
        assert unwalled == {"alembic_version", "schema_functions"}

    @pytest.mark.parametrize("role", ["customer", *MEMBERS, "worker"])
    def test_own_rows(self, rows: tuple[Rows, Rows], role: str) -> None:
        own, _ = rows
        access = accesses(own, role)
        found = {
            table: tuple(verb for verb in VERBS if outcome(access, table, verb, own) == "rows") for table in TABLES
        }
        expected = {table: tuple(MAY[role].get(table, "").split()) for table in TABLES}
        # Deleting and then finding nothing to delete would hide a lack of rights: order matters, delete comes last.
        assert found == expected

    @pytest.mark.parametrize("role", ["customer", "staff", "admin", "worker"])
    def test_other_tenants_rows(self, rows: tuple[Rows, Rows], role: str) -> None:
        own, other = rows
        access = accesses(own, role)
        touched = {(table, verb) for table in TABLES for verb in VERBS if outcome(access, table, verb, other) == "rows"}
        assert touched == set()

    @pytest.mark.parametrize("role", ["customer", "worker", "stranger", "platform", "identity"])
    def test_no_tenant(self, rows: tuple[Rows, Rows], role: str) -> None:
        access = {
            "customer": db.nobody(), "worker": db.worker(), "stranger": db.platform(uuid4()),
            "platform": db.platform(rows[0].operator), "identity": db.identity(),
        }[role]  # fmt: skip
        for target in rows:
            touched = {
                (table, verb) for table in TABLES for verb in VERBS if outcome(access, table, verb, target) == "rows"
            }
            assert touched == set()

    def test_membership_decides(self, rows: tuple[Rows, Rows], database: str) -> None:
        own, other = rows
        stranger = db.member(own.user, other.tenant)
        touched = {
            (table, verb) for table in TABLES for verb in VERBS if outcome(stranger, table, verb, other) == "rows"
        }
        assert touched == set()
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "update portal.tenant_memberships set status = 'disabled' where user_id = %s", [own.user]
            )
        assert outcome(db.member(own.user, own.tenant), "bookings", "select", own) == "none"
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("insert into portal.platform_admins (user_id) values (%s)", [own.user])
        assert outcome(db.member(own.user, other.tenant), "bookings", "select", other) == "rows"

    @pytest.mark.parametrize(
        "table", sorted({"platform_admins", "periodic_runs", *schema.OWN_TABLES} | IDENTITY_TABLES)
    )
    def test_platform_tables_are_closed(self, rows: tuple[Rows, Rows], table: str) -> None:
        for access in (*(accesses(rows[0], role) for role in MAY), db.identity()):
            for statement in (f"select * from portal.{table}", f"delete from portal.{table}"):
                with pytest.raises(exc.ProgrammingError, match="permission denied"), access.begin() as scope:
                    scope.execute(statement)


class TestStaff:
    def test_reads_the_history_of_bookings_only(self, rows: tuple[Rows, Rows]) -> None:
        own, other = rows
        for each in rows:
            with db.worker(each.tenant).begin() as scope:
                for kind in ("booking", "service"):
                    scope.audit("test.done", actor_type="system", target_type=kind, target_id="1", details={})
        read = "select target_type from portal.audit_log where target_type is not null"
        with db.member(own.staff, own.tenant).begin() as scope:
            assert scope.execute(read).scalars().all() == ["booking"]
        with db.member(own.staff, other.tenant).begin() as scope:
            assert scope.execute(read).scalars().all() == []

    def test_stores_no_secrets(self, rows: tuple[Rows, Rows]) -> None:
        own, other = rows
        store = "select portal.store_secret('calcom_api_key', 'sealed')"
        for access in (db.member(own.staff, own.tenant), db.member(own.user, other.tenant), db.platform(own.operator)):
            with pytest.raises(exc.ProgrammingError, match="insufficient_privilege"), access.begin() as scope:
                scope.execute(store)
        with db.member(own.user, own.tenant).begin() as scope:
            assert scope.execute(store).scalar() is not None

    @pytest.mark.parametrize(
        "call",
        [
            "list_members()", "list_invites()", "revoke_invite(gen_random_uuid())",
            "create_invite(gen_random_uuid(), 'hash', 'a@b.example', 'tenant_admin', 60)",
            "create_reset(gen_random_uuid(), 'hash', gen_random_uuid(), 60)",
            "change_member(portal.current_user_id(), 'tenant_admin', 'active')",
            "create_invite(gen_random_uuid(), 'hash', 'a@b.example', 'platform_admin', 60)",
            "disable_user(gen_random_uuid(), true)",
        ],
    )  # fmt: skip
    def test_manages_no_members(self, rows: tuple[Rows, Rows], call: str) -> None:
        own, other = rows
        for access in (db.member(own.staff, own.tenant), db.member(own.user, other.tenant), db.platform(own.user)):
            with pytest.raises(exc.ProgrammingError, match="insufficient_privilege"), access.begin() as scope:
                scope.execute(f"select portal.{call}")


class TestTenantRow:
    def test_its_admin_opens_it_and_no_more(self, rows: tuple[Rows, Rows], database: str) -> None:
        own, other = rows
        change = "update portal.tenants set status = :status where id = :id"
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("update portal.tenants set status = 'onboarding'")
        with db.member(own.staff, own.tenant).begin() as scope:
            assert scope.execute(change, status="active", id=own.tenant).rowcount == 0
        with db.member(own.user, own.tenant).begin() as scope:
            assert scope.execute(change, status="active", id=other.tenant).rowcount == 0
            assert scope.execute(change, status="active", id=own.tenant).rowcount == 1
        with db.member(own.operator, own.tenant).begin() as scope:
            assert scope.execute(change, status="suspended", id=own.tenant).rowcount == 1
        with db.member(own.user, own.tenant).begin() as scope:
            assert scope.execute(change, status="active", id=own.tenant).rowcount == 0

    def test_events_without_a_tenant_are_the_platforms(self, rows: tuple[Rows, Rows], database: str) -> None:
        own, _ = rows
        with psycopg.connect(database, autocommit=True) as connection:
            event = {"id": new_id(), "tenant_id": None, "body_hash": "of nobody"}
            add(connection, "booking_events", own.values["booking_events"] | event)
        seen = "select count(*) from portal.booking_events where tenant_id is null"
        again = "select portal.reopen_event(:id)"
        everybody_else = (
            db.platform(own.user), db.member(own.user, own.tenant), db.member(own.operator, own.tenant),
            db.worker(), db.nobody(),
        )  # fmt: skip
        for access in everybody_else:
            with suppress(exc.ProgrammingError), access.begin() as scope:
                assert scope.execute(seen).scalar() == 0
            with suppress(exc.ProgrammingError), access.begin() as scope:
                assert scope.execute(again, id=event["id"]).scalar() is None
        with db.platform(own.operator).begin() as scope:
            assert (scope.execute(seen).scalar(), scope.execute(again, id=event["id"]).scalar()) == (1, "calcom")

    def test_audit_without_a_tenant_is_the_platforms(self, rows: tuple[Rows, Rows]) -> None:
        own, _ = rows
        for access in (db.platform(own.user), db.worker(), db.nobody()):
            with pytest.raises(exc.ProgrammingError, match="row-level security"), access.begin() as scope:
                scope.audit("test.done", actor_type="user", target_type="user", target_id="1", details={})
        with db.platform(own.operator).begin() as scope:
            scope.audit("test.done", actor_type="user", target_type="user", target_id="1", details={})


class TestIdentity:
    def test_functions_about_users_are_its_own(self, database: str) -> None:
        """Whoever signs people in calls these; nobody else does, above all no visitor and no member."""
        listed = "select proname from pg_proc where pronamespace = 'portal'::regnamespace and {}"
        may = "has_function_privilege('{}', oid, 'execute')"
        public = "exists (select 1 from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0)"
        with psycopg.connect(database) as connection:
            found = {
                role: {
                    row[0] for row in connection.execute(listed.format(f"{may.format(role)} and not {public}").encode())
                }
                for role in ("portal_identity", "portal_customer", "portal_member", "portal_worker")
            }
        own = found.pop("portal_identity")
        assert {"find_login", "session_user_of", "set_password_hash", "complete_link", "totp_of"} <= own
        assert own & set.union(*found.values()) == {"enqueue_job"}

    def test_disabled_people_are_members_of_nothing(self, rows: tuple[Rows, Rows], database: str) -> None:
        own, _ = rows
        ask = "select portal.member_role(), portal.member_tenant(), (select count(*) from portal.bookings)"
        for who in (own.user, own.operator):
            with psycopg.connect(database, autocommit=True) as connection:
                add(connection, "users", {"id": who, "email": f"{who}@x.example"})
            with db.member(who, own.tenant).begin() as scope:
                assert scope.execute(ask).one()[2] == 1
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute("update portal.users set disabled_at = now() where id = %s", [who])
            with db.member(who, own.tenant).begin() as scope:
                assert tuple(scope.execute(ask).one()) == (None, None, 0)


class TestStranger:
    def test_sees_no_conversation_booking_or_key(self, rows: tuple[Rows, Rows]) -> None:
        own, _ = rows
        visitor = db.customer(own.tenant)
        seen = {table for table in TABLES if outcome(visitor, table, "select", own) == "rows"}
        assert seen == SITE | {"tenants"}

    def test_finds_a_booking_by_its_reference_only(self, rows: tuple[Rows, Rows]) -> None:
        own, other = rows
        with db.customer(own.tenant).begin() as scope:
            find = "select portal.find_booking(:uid, :email)"
            assert scope.execute(find, uid=f"uid{own.tenant.hex}", email=None).scalar() == own.booking
            assert scope.execute(find, uid=f"uid{own.tenant.hex}", email="b@example.com").scalar() is None
            assert scope.execute(find, uid=f"uid{other.tenant.hex}", email=None).scalar() is None


class TestScope:
    def test_ends_with_the_transaction(self, rows: tuple[Rows, Rows]) -> None:
        own, _ = rows
        with db.worker(own.tenant).begin() as scope:
            assert scope.execute("select count(*) from portal.bookings").scalar() == 1
        with db.engine().connect() as connection, pytest.raises(exc.ProgrammingError, match="permission denied"):
            connection.exec_driver_sql("select count(*) from portal.bookings")

    def test_login_bypasses_nothing(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            row = connection.execute(
                "select rolsuper, rolbypassrls, rolinherit, rolcreaterole, rolcreatedb from pg_roles"
                " where rolname = 'portal_app'"
            ).fetchone()
        assert row == (False,) * 5

    def test_foreign_keys_cannot_cross(self, rows: tuple[Rows, Rows]) -> None:
        own, other = rows
        service = other.values["tenant_services"]["id"]
        with pytest.raises(exc.IntegrityError), db.worker(own.tenant).begin() as scope:
            scope.execute(
                "update portal.bookings set service_id = :service where id = :id", service=service, id=own.booking
            )

    def test_a_proof_names_messages_of_its_own_tenant(self, rows: tuple[Rows, Rows], database: str) -> None:
        own, other = rows
        with psycopg.connect(database, autocommit=True) as connection:
            ids = dict(connection.execute("select tenant_id, id from portal.chat_messages").fetchall())
        prove = "update portal.proposals set act_by = 'message', act_message_id = :message, act_card_id = :message"
        with pytest.raises(exc.IntegrityError), db.worker(own.tenant).begin() as scope:
            scope.execute(prove, message=ids[other.tenant])
        with db.worker(own.tenant).begin() as scope:
            assert scope.execute(prove, message=ids[own.tenant]).rowcount == 1
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("delete from portal.chat_sessions where tenant_id = %s", [own.tenant])
        with db.worker(own.tenant).begin() as scope:
            kept = scope.execute("select act_by, act_message_id, act_card_id from portal.proposals").one()
        assert tuple(kept) == ("message", None, None)
