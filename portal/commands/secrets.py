"""``portal secrets``: changing the key that secrets and scopes are sealed with."""

from rich.console import Console

from portal.commands import database
from portal.commands.running import operator_settings, owner_url
from portal.runtime.errors import StartError


def rotate(console: Console) -> None:
    """Let the database know the keys, and seal all secrets under SECRET_KEY.

    Raises StartError when some can be opened by no key given.
    """
    from portal.domain.admin.rotation import rotate_all

    url = owner_url(operator_settings())
    database.install_keys(url)
    with database.reaching(url):
        done = rotate_all()
    console.print(
        f"{done.secrets} secrets of {done.tenants} tenants and {done.second_factors} second factors are sealed under"
        " the current SECRET_KEY."
    )
    if done.unreadable:
        lost = ", ".join(f"{name} of {tenant_id}" for tenant_id, name in done.unreadable)
        raise StartError(
            f"Neither SECRET_KEY nor SECRET_KEY_PREVIOUS opens: {lost}. Set SECRET_KEY_PREVIOUS to the key they were"
            " sealed with, or have them entered again."
        )
