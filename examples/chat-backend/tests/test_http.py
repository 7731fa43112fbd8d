"""Health, login and rooms over HTTP."""

from __future__ import annotations

import unittest

from tests.client import Running, request


class HTTPTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.enterContext(Running())

    async def token(self) -> str:
        _, answer = await request("POST", "/login", {"name": "ada"})
        return str(answer["token"])

    async def test_the_service_is_healthy(self) -> None:
        self.assertEqual(await request("GET", "/health"), (200, {"status": "healthy"}))

    async def test_login_gives_a_token(self) -> None:
        self.assertTrue((await self.token()).startswith("ada."))

    async def test_login_needs_a_name(self) -> None:
        status, _ = await request("POST", "/login", {"name": " "})
        self.assertEqual(status, 422)

    async def test_a_room_is_created_and_listed(self) -> None:
        room = {"name": "lobby", "topic": "hello"}
        created = await request("POST", "/rooms", room, await self.token())
        self.assertEqual(created, (200, room))
        self.assertEqual(await request("GET", "/rooms"), (200, [room]))

    async def test_a_room_needs_a_login(self) -> None:
        status, _ = await request("POST", "/rooms", {"name": "lobby"}, "ada.forged")
        self.assertEqual(status, 401)

    async def test_the_history_of_a_room(self) -> None:
        await request("POST", "/rooms", {"name": "lobby"}, await self.token())
        self.assertEqual(await request("GET", "/rooms/lobby/messages"), (200, []))
        self.assertEqual((await request("GET", "/rooms/attic/messages"))[0], 404)
