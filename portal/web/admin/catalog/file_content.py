"""Reading a file in the browser, so that its content is an event's argument like any other."""

from typing import Any

import reflex as rx
from reflex.components.el import Input
from reflex_base.components.component import field
from reflex_base.constants.compiler import MemoizationDisposition, MemoizationMode

from portal.web.admin.components.feedback import callback

# Heard at the document: the field itself comes and goes with its dialog.
READ_HOOK = """
useEffect(() => {{
  const read = async (event) => {{
    const input = event.target;
    const file = input.id === {input_id!r} && input.files?.[0];
    if (!file) return;
    const isTooLarge = file.size > {most};
    // Bytes, not text: which encoding they are in is for the server to tell.
    const content = isTooLarge ? "" : await new Promise((done) => {{
      const reader = new FileReader();
      reader.onload = () => done(reader.result.split(",")[1] ?? "");
      reader.onerror = () => done("");
      reader.readAsDataURL(file);
    }});
    ({on_content})(file.name.slice(0, 200), content, isTooLarge);
    input.value = "";  // so that the same file can be chosen again
  }};
  document.addEventListener("change", read);
  return () => document.removeEventListener("change", read);
}}, []);
"""


def _file(
    name: rx.Var[str], content: rx.Var[str], is_too_large: rx.Var[bool]
) -> tuple[rx.Var[str], rx.Var[str], rx.Var[bool]]:
    return name, content, is_too_large


class FileContent(Input):
    """A file field with an id. ``on_content(name, content, is_too_large)``: Base64, empty for what cannot be read."""

    on_content: rx.EventHandler[_file] = field(doc="A file was chosen.")  # type: ignore[type-arg, valid-type]
    most: int = field(default=0, doc="Bytes.")

    _memoization_mode = MemoizationMode(disposition=MemoizationDisposition.ALWAYS, recursive=False)

    def add_imports(self) -> dict[str, Any]:
        return {"react": ["useEffect"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        code = READ_HOOK.format(input_id=str(self.id), on_content=callback(self, "on_content"), most=self.most)
        return [code]

    def _exclude_props(self) -> list[str]:
        return [*super()._exclude_props(), "on_content", "most"]
