"""What a tenant's pages say, as flat text: the one source of the first HTML byte and of ``window.__T``."""

#: Lists and their rows' fields. Each field becomes the token ``%%list.field%%`` in a prerendered row.
LISTS: dict[str, tuple[str, ...]] = {
    "sandbox": ("label",),
}
