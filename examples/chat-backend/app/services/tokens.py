"""Tokens: who a client is, signed by us."""

from __future__ import annotations

import hashlib
import hmac

from app.core.config import get_settings


def issue_token(user: str) -> str:
    """Give a token for a user."""
    return f"{user}.{_signature(user)}"


def user_of(token: str) -> str | None:
    """Give the user that a token was issued for; None when it was not issued by us."""
    user, _, signature = token.rpartition(".")
    return user if user and hmac.compare_digest(signature, _signature(user)) else None


def _signature(user: str) -> str:
    secret = get_settings().secret.encode()
    return hmac.new(secret, user.encode(), hashlib.sha256).hexdigest()
