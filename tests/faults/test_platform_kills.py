"""Whatever moment a worker dies at while it looks after people who sign in, and after the queue itself."""

import itertools
from collections.abc import Callable
from uuid import UUID

import pytest

from portal.domain import accounts
from portal.domain.permissions import Role
from tests.domain.accounts.conftest import Business, business
from tests.domain.test_alerts import Address, address, fail
from tests.faults.conftest import Die
from tests.faults.killing import addresses, kills, store
from tests.mailbox import Mailbox, mailbox

__all__ = ["address", "business", "fail", "mailbox"]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


class TestKilled:
    @kills("mail_account_link")
    def test_while_mailing_a_link(self, business: Business, mailbox: Mailbox, die_at_each_step: Die) -> None:
        """At least once; a second mail is the first one again, by its id too."""
        made: list[str] = []

        def make() -> UUID:
            made.append(f"new-{len(made)}@shop.example")
            link = accounts.invite(business.owner.principal, business.id, email=made[-1], role=Role.TENANT_STAFF)
            [[job]] = business.run("select id from portal.jobs where args ->> 'link_id' = %s", str(link.id))
            found: UUID = job
            return found

        def check() -> None:
            got = [mail for mail in mailbox.mails if f"To: {made[-1]}" in mail]
            assert 1 <= len(got) <= 2
            assert got[-1] == got[0]

        assert die_at_each_step(make, addresses("SMTP_URL"), check) > 20

    @kills("mail_owners")
    def test_while_mailing_those_who_run_a_business(
        self, business: Business, mailbox: Mailbox, die_at_each_step: Die
    ) -> None:
        """At least once; a second mail has the first one's id."""

        def make() -> UUID:
            mailbox.mails.clear()
            return store("mail_owners", business.id, notice="calcom_key_refused")

        def check() -> None:
            got = [mail for mail in mailbox.mails if f"To: {business.owner.email}" in mail]
            assert 1 <= len(got) <= 2
            assert got[-1] == got[0]

        assert die_at_each_step(make, addresses("SMTP_URL"), check) > 5

    @kills("sweep_identity")
    def test_while_clearing_away(self, business: Business, die_at_each_step: Die) -> None:
        def make() -> UUID:
            email = f"new-{next(numbers)}@shop.example"
            accounts.invite(business.owner.principal, business.id, email=email, role=Role.TENANT_STAFF)
            business.run("update portal.user_links set expires_at = now() - interval '31 days'")
            return store("sweep_identity", None)

        def check() -> None:
            assert business.run("select id from portal.user_links") == []

        numbers = itertools.count()
        assert die_at_each_step(make, addresses(), check) > 5

    @kills("watch_failures")
    def test_while_telling_of_failures(
        self, fail: Callable[..., None], address: Address, configure: Callable[..., None], die_at_each_step: Die
    ) -> None:
        """At least once: told of twice only where the worker died between telling and noting it."""
        configure(ALERT_WEBHOOK_URL=address.url)

        def make() -> UUID:
            address.told.clear()
            fail("send_sms", 3)
            return store("watch_failures", None)

        def check() -> None:
            assert [told["failures"] for told in address.told] in ([3], [3, 3])

        assert die_at_each_step(make, addresses("ALERT_WEBHOOK_URL"), check) > 10
