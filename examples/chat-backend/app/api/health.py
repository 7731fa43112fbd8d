"""`GET /health`: whether the service is up."""

from __future__ import annotations

from app.db.session import is_database_ready
from app.web import HTTPError, Request, Router

router = Router()


@router.get("/health")
async def health(request: Request) -> dict[str, str]:
    if not is_database_ready():
        raise HTTPError(503, "the database is not open")
    return {"status": "healthy"}
