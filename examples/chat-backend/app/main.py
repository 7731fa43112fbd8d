"""The application: what a server is pointed at."""

from __future__ import annotations

import logging

from app.api import health, login, rooms
from app.core.config import get_settings
from app.db.session import close_database, init_database
from app.web import App
from app.ws import routes as ws


def create_app() -> App:
    """Put the parts together."""
    settings = get_settings()
    logging.getLogger("app").setLevel(settings.log_level)
    app = App()
    for part in (health, login, rooms, ws):
        app.include(part.router)
    app.startup.append(lambda: init_database(settings.database))
    app.shutdown.append(close_database)
    return app


app = create_app()
