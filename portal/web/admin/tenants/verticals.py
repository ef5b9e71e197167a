"""The kinds of business that there are templates for."""

from portal.domain.onboarding import GENERAL
from portal.hooks import manager


def vertical_names() -> dict[str, str]:
    """Key → name, those of the plugins first, in the order of their names."""
    keys = (name for name, plugin in manager.manager().list_name_plugin() if plugin is not None)
    found = {key: template.label for key in keys if (template := manager.vertical_template(key)) is not None}
    return dict(sorted(found.items(), key=lambda item: item[1])) | {GENERAL: "Something else"}
