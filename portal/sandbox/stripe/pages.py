"""The pages that Stripe hosts: Checkout, and the customer portal. Whoever knows an address may use it."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from portal.sandbox.stripe.accounts import AccountSpec, PriceSpec
from portal.sandbox.stripe.life import OVER, Life, price_of
from portal.sandbox.stripe.store import Checkout, PortalSession, Store, Subscription

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0; padding: 2rem 1rem; }}
main {{ max-width: 26rem; margin: 0 auto; }}
.note {{ border: 1px solid; border-radius: 8px; padding: .5rem .75rem; }}
.price {{ font-size: 2rem; font-weight: 600; margin: 0; }}
button, a.button {{ display: block; box-sizing: border-box; width: 100%; margin-top: .75rem; padding: .75rem;
  font: inherit; text-align: center; border: 1px solid; border-radius: 8px; background: none; color: inherit;
  text-decoration: none; cursor: pointer; }}
button.main {{ background: #4338ca; border-color: #4338ca; color: #fff; }}
</style>
</head>
<body><main>
<p class="note">Sandbox: this stands in for a page of Stripe's. No money moves.</p>
{content}
</main></body>
</html>
"""


class Pages:
    def __init__(self, store: Store, life: Life) -> None:
        self._store = store
        self._life = life

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/pay/{session}", self.pay, methods=["GET", "POST"]),
            Route("/portal/{session}", self.portal, methods=["GET", "POST"]),
        ]

    async def pay(self, request: Request) -> Response:
        session = self._store.checkouts.get(request.path_params["session"])
        if session is None:
            return _nothing()
        account = self._store.accounts[session.account]
        price = price_of(account, session.price)
        if session.status_now != "open":
            return _page("Checkout", "<h1>This page is closed</h1><p>It was paid, or has expired.</p>", status=410)
        if request.method == "GET":
            return _page("Checkout", _checkout(account, session, price))
        self._life.pay(account, session)
        return RedirectResponse(session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id), 303)

    async def portal(self, request: Request) -> Response:
        session = self._store.portal_sessions.get(request.path_params["session"])
        if session is None:
            return _nothing()
        account, subscription = self._store.accounts[session.account], self._store.subscription_of(session.customer)
        if request.method == "POST" and subscription is not None and subscription.status not in OVER:
            fields = dict(parse_qsl((await request.body()).decode()))
            if "price" in fields:
                self._life.change(account, subscription, price=price_of(account, fields["price"]).id)
            else:
                self._life.change(account, subscription, cancel_at_period_end=fields.get("act") == "cancel")
            return RedirectResponse(str(request.url), 303)
        return _page("Billing", _portal(account, session, subscription))


def _checkout(account: AccountSpec, session: Checkout, price: PriceSpec) -> str:
    return (
        f"<h1>Subscribe to {escape(price.product_name)}</h1>"
        f'<p class="price">{_amount(price)}</p><p>a {price.interval}, to {escape(account.name)}</p>'
        '<form method="post"><button class="main">Pay and subscribe</button></form>'
        f'<a class="button" href="{escape(session.cancel_url)}">Back without paying</a>'
    )


def _portal(account: AccountSpec, session: PortalSession, subscription: Subscription | None) -> str:
    back = f'<a class="button" href="{escape(session.return_url)}">Return to {escape(account.name)}</a>'
    if subscription is None or subscription.status in OVER:
        return f"<h1>Billing</h1><p>There is no subscription.</p>{back}"
    price = price_of(account, subscription.price)
    ends = f"Ends on {subscription.period_end:%B %d, %Y}." if subscription.cancel_at_period_end else ""
    switches = "".join(
        f'<button name="price" value="{each.id}">Switch to {escape(each.product_name)}, {_amount(each)}</button>'
        for each in account.prices
        if each.active and each.id != price.id and each.interval == price.interval
    )
    act, label = ("keep", "Keep the plan") if ends else ("cancel", "Cancel plan")
    return (
        f"<h1>{escape(price.product_name)}</h1><p>{_amount(price)} a {price.interval}. State: {subscription.status}. "
        f'{ends}</p><form method="post">{switches}<button name="act" value="{act}">{label}</button></form>{back}'
    )


def _amount(price: PriceSpec) -> str:
    return f"{price.unit_amount / 100:.2f} {price.currency.upper()}"


def _page(title: str, content: str, *, status: int = 200) -> Response:
    return HTMLResponse(PAGE.format(title=title, content=content), status)


def _nothing() -> Response:
    return _page("Nothing here", "<h1>Nothing here</h1>", status=404)
