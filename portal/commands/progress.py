"""What the commands say while they work: one line a step, with its time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape


class Progress:
    """Steps on the terminal; in a pipe the same lines without the spinner."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show `title` while the block runs, then how long it took; a failed step shows nothing: its error will."""
        started = time.monotonic()
        with self.console.status(f"{escape(title)} …"):
            yield
        self.done(title, time.monotonic() - started)

    def done(self, title: str, seconds: float | None = None) -> None:
        """A finished step."""
        took = f" [dim]{seconds:.1f} s[/dim]" if seconds is not None else ""
        self.console.print(f"[green]✓[/green] {escape(title)}{took}")

    def note(self, sentence: str) -> None:
        """Something that happened meanwhile."""
        self.console.print(f"[yellow]![/yellow] {escape(sentence)}")
