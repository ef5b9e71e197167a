"""The stand-in behind a real server on loopback, and the SDK that production uses."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import httpx
import jsonschema
import pytest
import uvicorn

from portal.sandbox.app import create_app

SPEC = Path(__file__).parents[3].parent / "shared" / "specs" / "anthropic-messages.sdk.json"
VERSION = "2026-10-21"


@dataclass(frozen=True)
class Sandbox:
    """Address of the running stand-in, and orders to it."""

    url: str
    http: httpx.Client

    @property
    def base_url(self) -> str:
        return f"{self.url}/anthropic"

    def order(self, path: str, body: Any = None, *, method: str = "POST") -> Any:
        answer = self.http.request(method, f"{self.url}/_sandbox/{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def queue(self, *turns: dict[str, Any]) -> None:
        self.order("anthropic/turns", list(turns))

    def post(self, body: Any, path: str = "/v1/messages", **headers: str) -> httpx.Response:
        """A bare request with the headers of the SDK, which `headers` replace or, with "", leave out."""
        sent = {"x-api-key": "sk-ant-test", "anthropic-version": VERSION}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kept = {name: value for name, value in sent.items() if value}
        return self.http.post(f"{self.base_url}{path}", content=content, headers=kept)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(), log_level="warning", ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10) as client:
        yield client


@pytest.fixture
def sandbox(server_url: str, http: httpx.Client) -> Sandbox:
    """The stand-in with nothing queued, nothing cached, and no delays."""
    made = Sandbox(server_url, http)
    made.order("reset")
    made.order("anthropic/pace", {"first_token_ms": 0, "per_token_ms": 0})
    return made


@pytest.fixture(scope="session")
def sdk(server_url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=f"{server_url}/anthropic", api_key="sk-ant-test", max_retries=0) as made:
        yield made


@pytest.fixture
def client(sandbox: Sandbox, sdk: anthropic.Anthropic) -> anthropic.Anthropic:
    """The SDK, without retries, before a stand-in that has forgotten everything."""
    return sdk


@pytest.fixture(scope="session")
def schemas() -> dict[str, Any]:
    """The reference description of the API, where it lies beside the project."""
    if not SPEC.exists():
        pytest.skip("the reference description of the Messages API is not beside the project")
    components: dict[str, Any] = json.loads(SPEC.read_text())["components"]
    return components


def check(value: Any, schema: str, components: dict[str, Any]) -> None:
    """Fails where a value is not what the named schema describes."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": components}
    jsonschema.Draft202012Validator(whole).validate(value)


@pytest.fixture
def body() -> dict[str, Any]:
    """A minimal valid request."""
    return {"model": "claude-haiku-4-5", "max_tokens": 256, "messages": [{"role": "user", "content": "Hello"}]}
