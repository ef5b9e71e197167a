"""The queue: what waits, what failed, trying again."""

import reflex as rx

from portal.web.admin.jobs.state import JobsState, PlatformJobsState
from portal.web.admin.jobs.view import jobs_page, platform_jobs_page
from portal.web.admin.pages import TENANT, add_admin_page


def add_pages(app: rx.App) -> None:
    add_admin_page(app, f"{TENANT}/jobs", jobs_page, title="Jobs", on_load=(JobsState.load,))
    add_admin_page(app, "/admin/jobs", platform_jobs_page, title="Jobs", on_load=(PlatformJobsState.load,))
