"""What the `portal` command does, one module a subject. `portal.cli` only reads arguments."""
