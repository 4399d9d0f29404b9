"""An application asked over HTTP, without a network: what a test gets back is what a client would."""

import asyncio
from typing import Protocol

import httpx
from starlette.applications import Starlette

BASE = "https://wire.example"


class Ask(Protocol):
    def __call__(self, path: str, method: str = "GET", /, **headers: str) -> httpx.Response: ...


def asking(application: Starlette) -> Ask:
    """Return what asks *application*, by default for nothing compressed."""
    transport = httpx.ASGITransport(application)

    async def send(path: str, method: str, headers: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.request(method, path, headers={"accept-encoding": "identity"} | headers)

    def ask(path: str, method: str = "GET", /, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(send(path, method, named))

    return ask
