"""Connections to a room."""

from __future__ import annotations

import unittest

from app.services.tokens import issue_token
from tests.client import Running, talk

WELCOME = {"type": "welcome", "room": "lobby", "user": "ada"}


class SocketTest(unittest.TestCase):
    def setUp(self) -> None:
        self.enterContext(Running())
        self.token = issue_token("ada")

    def test_a_client_is_welcomed(self) -> None:
        self.assertEqual(talk("/ws/lobby", self.token, []), [WELCOME])

    def test_a_forged_token_is_refused(self) -> None:
        self.assertEqual(talk("/ws/lobby", "ada.forged", []), [1008])

    def test_a_ping_is_answered(self) -> None:
        answers = talk("/ws/lobby", self.token, [{"type": "ping"}])
        self.assertEqual(answers, [WELCOME, {"type": "pong"}])

    def test_an_unknown_frame_is_an_error(self) -> None:
        _, answer = talk("/ws/lobby", self.token, [{"type": "dance"}])
        self.assertEqual((answer["type"], answer["code"]), ("error", 1003))
