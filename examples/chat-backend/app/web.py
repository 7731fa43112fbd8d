"""A small ASGI framework: routes, WebSockets, start-up and shutdown.

It stands in for FastAPI, so that the service runs wherever Python does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs

Endpoint = Callable[..., Awaitable[Any]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class HTTPError(Exception):
    """Ends a request with a status and a reason."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Disconnected(Exception):
    """The client has gone."""


class Request:
    """What a client asks: the query of the URL, headers, and a JSON body."""

    def __init__(self, scope: dict[str, Any], body: bytes) -> None:
        self.query = {k: v[-1] for k, v in parse_qs(scope["query_string"].decode()).items()}
        self.headers = {k.decode().lower(): v.decode() for k, v in scope["headers"]}
        self._body = body

    def json(self) -> Any:
        try:
            return json.loads(self._body)
        except ValueError:
            raise HTTPError(400, "the body is not JSON") from None


class WebSocket:
    """A connection to one client."""

    def __init__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.query = {k: v[-1] for k, v in parse_qs(scope["query_string"].decode()).items()}
        self._receive = receive
        self._send = send

    async def accept(self) -> None:
        await self._send({"type": "websocket.accept"})

    async def receive_json(self) -> Any:
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            raise Disconnected
        return json.loads(event["text"])

    async def send_json(self, frame: Any) -> None:
        await self._send({"type": "websocket.send", "text": json.dumps(frame)})

    async def close(self, code: int = 1000) -> None:
        await self._send({"type": "websocket.close", "code": code})


class Route(NamedTuple):
    """Which requests an endpoint answers."""

    method: str
    pattern: re.Pattern[str]
    endpoint: Endpoint


class Router:
    """Routes below a common prefix."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.routes: list[Route] = []

    def get(self, path: str) -> Callable[[Endpoint], Endpoint]:
        return self._route("GET", path)

    def post(self, path: str) -> Callable[[Endpoint], Endpoint]:
        return self._route("POST", path)

    def websocket(self, path: str) -> Callable[[Endpoint], Endpoint]:
        return self._route("WEBSOCKET", path)

    def _route(self, method: str, path: str) -> Callable[[Endpoint], Endpoint]:
        pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.prefix + path))

        def register(endpoint: Endpoint) -> Endpoint:
            self.routes.append(Route(method, pattern, endpoint))
            return endpoint

        return register


class App(Router):
    """The application that a server runs: `uvicorn app.main:app`."""

    def __init__(self) -> None:
        super().__init__()
        self.startup: list[Callable[[], None]] = []
        self.shutdown: list[Callable[[], None]] = []

    def include(self, router: Router) -> None:
        self.routes.extend(router.routes)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        else:
            await self._respond(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        for phase, actions in (("startup", self.startup), ("shutdown", self.shutdown)):
            await receive()
            for action in actions:
                action()
            await send({"type": f"lifespan.{phase}.complete"})

    async def _connect(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        socket = WebSocket(scope, receive, send)
        try:
            endpoint, parameters = self._find("WEBSOCKET", scope["path"])
            await endpoint(socket, **parameters)
        except HTTPError:
            await socket.close(1008)
        except Disconnected:
            pass

    async def _respond(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        body = b""
        while (event := await receive())["type"] == "http.request":
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        try:
            endpoint, parameters = self._find(scope["method"], scope["path"])
            status, answer = 200, await endpoint(Request(scope, body), **parameters)
        except HTTPError as error:
            status, answer = error.status, {"detail": error.detail}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        for route in self.routes:
            match = route.pattern.fullmatch(path)
            if match and route.method == method:
                return route.endpoint, match.groupdict()
        raise HTTPError(404, "there is nothing here")
