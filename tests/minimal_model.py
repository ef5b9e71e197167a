"""A small server of the kind that speaks a part of Anthropic's protocol: no ids, no usage, no cache, tool input whole.

It knows one model and says what a test gave it to say; it is no stand-in for any provider.
"""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "tiny"


class MinimalModel:
    """``answers``: lists of content blocks, one an answer, then "Hello." for ever; ``seen``: the requests' bodies."""

    def __init__(self, *, streams: bool, counts: bool) -> None:
        self.streams, self.counts = streams, counts
        self.answers: deque[list[dict[str, Any]]] = deque()
        self.seen: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""

    def will_say(self, *answers: str | tuple[str, dict[str, Any]]) -> None:
        """Texts, and calls as (name, arguments)."""
        for answer in answers:
            block = {"type": "text", "text": answer} if isinstance(answer, str) else _call(*answer)
            self.answers.append([block])

    def answer(self) -> list[dict[str, Any]]:
        return self.answers.popleft() if self.answers else [{"type": "text", "text": "Hello."}]


def _call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "name": name, "input": arguments}


@contextmanager
def minimal_model(*, streams: bool = True, counts: bool = False) -> Iterator[MinimalModel]:
    model = MinimalModel(streams=streams, counts=counts)
    handler = type("Handler", (_Handler,), {"model": model})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    model.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    model: MinimalModel

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged."""

    def do_GET(self) -> None:
        listed = {"object": "list", "data": [{"id": MODEL, "object": "model"}]}
        self._send(*((200, listed) if self.path == "/v1/models" else (404, {"error": "not found"})))

    def do_HEAD(self) -> None:
        self._send(200, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.model.seen.append(body)
        self.model.headers.append({name.lower(): value for name, value in self.headers.items()})
        if self.path != "/v1/messages" or body["model"] != MODEL:
            self._send(404, {"error": f"model {body['model']!r} not found"})
        elif self.model.streams:
            self._stream(self.model.answer())
        else:
            self._send(200, {"role": "assistant", "content": self.model.answer()})

    def _send(self, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, blocks: list[dict[str, Any]]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        usage = {"usage": {"input_tokens": 50, "output_tokens": 5}} if self.model.counts else {}
        events: list[dict[str, Any]] = [{"type": "message_start", "message": {"role": "assistant", "content": []}}]
        for index, block in enumerate(blocks):
            begun = block | ({"text": ""} if block["type"] == "text" else {})
            events.append({"type": "content_block_start", "index": index, "content_block": begun})
            for word in block.get("text", "").split(" "):
                delta = {"type": "text_delta", "text": f"{word} "}
                events += [{"type": "content_block_delta", "index": index, "delta": delta}] if word else []
        events += [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}} | usage, {"type": "message_stop"}]
        for event in events:
            self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
