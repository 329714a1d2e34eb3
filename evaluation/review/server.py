"""The server of a review: entrance by token, the page, and the export. It loads nothing from elsewhere."""

from __future__ import annotations

import html
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.review import french
from evaluation.review.access import find_annotator
from evaluation.review.desk import Desk, Form
from evaluation.review.exchange import collect_reviews
from evaluation.review.review_files import FORMATS, write_reviews
from evaluation.review.store import Store
from medinjection_fr.errors import InputError, Problem

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response

LOOPBACK = "127.0.0.1"
_FOLDER = Path(__file__).parent
_PAGE = "/evaluation"
_OPEN = ("/", "/favicon.ico")
_KEPT_S = 30 * 24 * 3600
_HEADERS = {
    # gradio's page has scripts and styles inside, and makes functions of its templates.
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def make_app(store: Store) -> FastAPI:
    """The whole site: ``/`` takes the token, ``/evaluation`` is the page, ``/export.csv`` the export."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr
    from fastapi import FastAPI

    from evaluation.review.page import Page

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    who = _Entrance(store)
    _Routes(store, who).add_to(app)
    script = (_FOLDER / "page.js").read_text(encoding="utf-8")
    app = gr.mount_gradio_app(
        app,
        Page(store).build(),
        _PAGE,
        auth_dependency=who.annotator,
        theme=gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"]),
        css_paths=_FOLDER / "page.css",
        head=f'<script>window.reviewSet = "{store.digest}";\n{script}</script>',
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        max_file_size="1kb",
    )
    app.add_middleware(_Guarded, who=who)
    return app


class _Entrance:
    """Who a request comes from, by the token in its cookie."""

    def __init__(self, store: Store) -> None:
        self._digests = store.token_digests()
        self.cookie = f"review-{store.digest[:12]}"  # two reviews on two ports are two cookies

    def annotator(self, request: HTTPConnection) -> str | None:
        """The annotator, or ``None``."""
        return self.of_token(request.cookies.get(self.cookie, ""))

    def of_token(self, token: str) -> str | None:
        """Whose token it is."""
        return find_annotator(token, self._digests)


class _Guarded:
    """Lets nobody but annotators behind the entrance, and puts our headers on every answer."""

    def __init__(self, app: Callable[..., Any], who: _Entrance) -> None:
        self._app = app
        self._who = who

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        from starlette.datastructures import MutableHeaders
        from starlette.requests import HTTPConnection
        from starlette.responses import RedirectResponse, Response

        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        if scope["path"] in _OPEN or self._who.annotator(HTTPConnection(scope)):
            await self._app(scope, receive, send_guarded)
        elif scope.get("method") == "GET":
            await RedirectResponse("/", 303)(scope, receive, send_guarded)
        else:
            await Response(status_code=401)(scope, receive, send_guarded)


class _Routes:
    """What is not gradio's: the entrance and the export."""

    def __init__(self, store: Store, who: _Entrance) -> None:
        self._store = store
        self._who = who

    def add_to(self, app: FastAPI) -> None:
        """Adds the routes to a site."""
        app.add_route("/", self._enter, methods=["GET"])
        app.add_route("/", self._take_token, methods=["POST"])
        app.add_route("/leave", self._leave)
        app.add_route("/keep", self._keep, methods=["POST"])
        app.add_route("/favicon.ico", self._nothing)
        app.add_route("/export.{format}", self._export)

    async def _enter(self, request: Request) -> Response:
        from starlette.responses import RedirectResponse

        return RedirectResponse(f"{_PAGE}/", 303) if self._who.annotator(request) else self._entrance()

    async def _take_token(self, request: Request) -> Response:
        from starlette.responses import RedirectResponse

        token = str((await request.form()).get("token", "")).strip()
        if self._who.of_token(token) is None:
            return self._entrance("Ce jeton n'est pas connu ici.", 403)
        answer = RedirectResponse(f"{_PAGE}/", 303)
        answer.set_cookie(self._who.cookie, token, max_age=_KEPT_S, httponly=True, samesite="strict")
        return answer

    async def _leave(self, request: Request) -> Response:
        from starlette.responses import RedirectResponse

        answer = RedirectResponse("/", 303)
        answer.delete_cookie(self._who.cookie)
        return answer

    async def _keep(self, request: Request) -> Response:
        """Saves what a page could not send while the server was away; ``null`` if there is nothing."""
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import Response

        annotator = str(self._who.annotator(request))
        try:
            if said := await request.json():
                form = Form(tuple(said["verdicts"]), said["preference"], str(said["remark"]))
                desk = Desk(self._store, annotator)
                await run_in_threadpool(desk.save, said["item"], form, str(said["tab"]), int(said["seen"]))
        except (ValueError, KeyError, TypeError):
            return Response(status_code=400)
        return Response(status_code=204)

    async def _nothing(self, request: Request) -> Response:
        from starlette.responses import Response

        return Response(status_code=204)

    def _export(self, request: Request) -> Response:
        from starlette.responses import Response

        format = request.path_params["format"]
        if format not in FORMATS:
            return Response(status_code=404)
        annotator = str(self._who.annotator(request))
        text = write_reviews(collect_reviews(self._store, annotator), format, self._store.questions)
        named = {"content-disposition": f'attachment; filename="evaluations-{annotator}.{format}"'}
        return Response(text.encode("utf-8"), media_type=f"text/{format}", headers=named)

    def _entrance(self, message: str = "", status: int = 200) -> Response:
        from starlette.responses import HTMLResponse

        page = (_FOLDER / "entrance.html").read_text(encoding="utf-8")
        page = page.replace("{title}", french.TITLE[self._store.kind])
        return HTMLResponse(page.replace("{message}", html.escape(message)), status)


def listen(host: str, port: int) -> socket.socket:
    """Takes a port.

    Raises:
        InputError: It is taken, or the address is none of this machine.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        where = f"{host}:{port}"
        raise InputError(
            Problem(where, f"cannot be used ({error.strerror})", mend="Give another --port")
        ) from None


def serve(store: Store, listening: socket.socket) -> None:
    """Serves until it is stopped. Requests are not logged."""
    import uvicorn

    config = uvicorn.Config(
        make_app(store), log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[listening])
