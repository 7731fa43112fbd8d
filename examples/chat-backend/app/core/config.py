"""Settings, from environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Settings:
    """What differs from one deployment to the next."""

    database: str
    secret: str
    log_level: str
    longest_message: int


@lru_cache
def get_settings() -> Settings:
    """Read the settings once."""
    return Settings(
        database=os.environ.get("CHAT_DATABASE", "file:chat?mode=memory&cache=shared"),
        secret=os.environ.get("CHAT_SECRET", "not a secret in development"),
        log_level=os.environ.get("CHAT_LOG_LEVEL", "INFO"),
        longest_message=int(os.environ.get("CHAT_LONGEST_MESSAGE", "2000")),
    )
