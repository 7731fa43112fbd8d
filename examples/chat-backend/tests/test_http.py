"""Health, login and rooms over HTTP."""

from __future__ import annotations

import unittest

from tests.client import Running, request


class HTTPTest(unittest.TestCase):
    def setUp(self) -> None:
        self.enterContext(Running())

    def token(self) -> str:
        _, answer = request("POST", "/login", {"name": "ada"})
        return str(answer["token"])

    def test_the_service_is_healthy(self) -> None:
        self.assertEqual(request("GET", "/health"), (200, {"status": "healthy"}))

    def test_login_gives_a_token(self) -> None:
        self.assertTrue(self.token().startswith("ada."))

    def test_login_needs_a_name(self) -> None:
        status, _ = request("POST", "/login", {"name": " "})
        self.assertEqual(status, 422)

    def test_a_room_is_created_and_listed(self) -> None:
        room = {"name": "lobby", "topic": "hello"}
        created = request("POST", "/rooms", room, self.token())
        self.assertEqual(created, (200, room))
        self.assertEqual(request("GET", "/rooms"), (200, [room]))

    def test_a_room_needs_a_login(self) -> None:
        status, _ = request("POST", "/rooms", {"name": "lobby"}, "ada.forged")
        self.assertEqual(status, 401)

    def test_the_history_of_a_room(self) -> None:
        request("POST", "/rooms", {"name": "lobby"}, self.token())
        self.assertEqual(request("GET", "/rooms/lobby/messages"), (200, []))
        self.assertEqual(request("GET", "/rooms/attic/messages")[0], 404)
