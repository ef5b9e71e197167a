"""``portal secrets``: changing the key that secrets are sealed with."""

from rich.console import Console

from portal.runtime.errors import StartError


def rotate(console: Console) -> None:
    """Seal all secrets under SECRET_KEY. Raises StartError when some can be opened by no key given."""
    from portal.domain.admin.rotation import rotate_all

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
