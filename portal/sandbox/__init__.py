"""Stand-ins for the outside providers, served over HTTP by one program of its own.

It imports nothing of the portal: the demo and the tests point the production clients at it by their base URL settings.
``/calcom/v2/...`` speaks Cal.com's API v2, ``/anthropic/...`` Anthropic's Messages API, ``/gotrue/...`` Supabase Auth,
``/twilio/...`` Twilio's API and Messaging v1, ``/stripe/...`` Stripe Billing and its hosted pages. ``/_sandbox/...`` is
the control API (faults, clock, recorded requests, reset, accounts); ``/healthz`` answers when the program is up.

Run it with ``python -m portal.sandbox --port 9100 --seed demo --state .portal/sandbox.json``.
"""

from pathlib import Path

DEMO_ACCOUNTS = Path(__file__).with_name("demo_accounts.json")
"""The seed file of the four demo tenants (``--seed demo``)."""
