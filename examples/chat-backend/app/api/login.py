"""`POST /login`: a token for a name."""

from __future__ import annotations

from app.services.tokens import issue_token, user_of
from app.web import HTTPError, Request, Router

router = Router()


@router.post("/login")
async def login(request: Request) -> dict[str, str]:
    name = str(request.json().get("name", "")).strip()
    if not name:
        raise HTTPError(422, "a name is needed")
    return {"name": name, "token": issue_token(name)}


def require_user(token: str) -> str:
    """Give the user of a token, or end the request."""
    user = user_of(token)
    if user is None:
        raise HTTPError(401, "log in first")
    return user
