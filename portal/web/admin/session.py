"""Signing in and out, done in the browser: the session's cookie is the API's and no script can read it.

Each ends with a load of the whole page, as the websocket knows only the cookies it was opened with. The tab's stored
token goes too, so that the next person starts with a fresh state on the server.
"""

from typing import Final

API: Final = "/v1/admin/auth"
LEAVE: Final = """sessionStorage.clear(); location.assign("/admin/login");"""
SIGN_OUT: Final = f"""(async () => {{
  try {{
    await fetch("{API}/sign-out", {{
      method: "POST", credentials: "same-origin", headers: {{ "Content-Type": "application/json" }}, body: "{{}}"
    }});
  }} finally {{ {LEAVE} }}
}})"""
# Only back into the dashboard: the address may come from anybody.
ENTER: Final = """
  const wanted = new URLSearchParams(location.search).get("next") ?? "";
  const target = new URL(wanted, location.origin);
  const safe = target.origin === location.origin && /^\\/admin(\\/|$)/.test(target.pathname);
  sessionStorage.clear();
  location.assign(safe ? target.pathname + target.search : "/admin");
"""
