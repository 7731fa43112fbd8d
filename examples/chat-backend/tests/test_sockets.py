"""Connections to a room."""

from __future__ import annotations

import unittest

from app.services.tokens import issue_token
from tests.client import Running, talk

WELCOME = {"type": "welcome", "room": "lobby", "user": "ada"}


class SocketTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.enterContext(Running())
        self.token = issue_token("ada")

    async def test_a_client_is_welcomed(self) -> None:
        self.assertEqual(await talk("/ws/lobby", self.token, []), [WELCOME])

    async def test_a_forged_token_is_refused(self) -> None:
        self.assertEqual(await talk("/ws/lobby", "ada.forged", []), [1008])

    async def test_a_ping_is_answered(self) -> None:
        answers = await talk("/ws/lobby", self.token, [{"type": "ping"}])
        self.assertEqual(answers, [WELCOME, {"type": "pong"}])

    async def test_an_unknown_frame_is_an_error(self) -> None:
        _, answer = await talk("/ws/lobby", self.token, [{"type": "dance"}])
        self.assertEqual((answer["type"], answer["code"]), ("error", 1003))
