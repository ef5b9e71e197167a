"""Tools that only tell. Their docstrings are what the model reads."""

from portal.assistant.events import Handoff
from portal.assistant.guardrails import one_line
from portal.assistant.tools.arguments import EscalateToHuman, NoArguments
from portal.assistant.tools.context import Result, ToolContext
from portal.assistant.wording import address, price
from portal.core.clock import now
from portal.domain import conversation, hours


def get_services(context: ToolContext, _: NoArguments) -> Result:
    """List the services that can be booked here, with id, duration and price. Use it when the list in your instructions
    may be out of date, for example after check_availability said that a service is not offered."""
    return {
        "services": [
            {
                "id": str(service.id),
                "name": service.name,
                "description": one_line(service.description, 300),
                "duration_minutes": service.duration_minutes,
                "price": price(service),
            }
            for service in context.site.services
        ]
    }


def get_business_info(context: ToolContext, _: NoArguments) -> Result:
    """Get the business's name, address, phone, e-mail, website, opening hours and policies, and whether it is open at
    this moment."""
    profile, policies = context.site.profile, context.site.policies
    return {
        "name": profile.business_name,
        "address": address(profile),
        "phone": profile.phone,
        "email": profile.email,
        "website": profile.website_url,
        "timezone": profile.timezone,
        "hours": [f"{day}: {opening}" for day, opening in hours.weekly(profile)],
        "open_now": hours.open_now(profile, now()),
        "policies": {
            "cancellation": policies.cancellation_policy,
            "late": policies.late_policy,
            "no_show": policies.no_show_policy,
            "payment": policies.payment_policy,
        },
    }


def escalate_to_human(context: ToolContext, _: EscalateToHuman) -> Result:
    """Hand over to a person at the business: shows the visitor how to reach them. Use it when the visitor asks for a
    person, when you cannot help, when a complaint or something sensitive comes up, or when you are not sure."""
    profile = context.site.profile
    conversation.note_handed_off(context.access)
    context.show(Handoff(profile.phone, profile.email))
    note = "The visitor now sees how to reach the business. Nobody was notified: do not promise a call back."
    return {"status": "handed_off", "phone": profile.phone, "email": profile.email, "note": note}
