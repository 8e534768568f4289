"""The application: routes, the page, and how errors look. The gate around it is `security`'s, the work `service`'s."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import functools
import importlib.util
import inspect
import itertools
import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from slm import __version__
from slm.serving import answer_schemas as shapes
from slm.serving import docs_page
from slm.serving.answer_schemas import responses
from slm.serving.limits import Limits
from slm.serving.models import Served
from slm.serving.refusals import ApiError, engine_failed, invalid, shutting_down
from slm.serving.schemas import ChatRequest, CompletionRequest, refusal_of
from slm.serving.security import Gate, Rules
from slm.serving.service import Service
from slm.serving.sources import Sources

PAGE = Path(__file__).parent / "page"
ABOUT = "An API in OpenAI's shape. Answers equal those of slm generate for the same seed and settings."
STREAMED = {"content": {"text/event-stream": {"schema": {"type": "string"}}}}


def create_app(service: Service, rules: Rules, runs: Path) -> Gate:
    """The ASGI application of a server."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.openapi()  # takes a moment, in which nobody shall wait
        service.begin()
        yield
        service.end()

    app = FastAPI(
        title="slm",
        version=__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        telemetry={"tracing": False},
    )
    app.add_exception_handler(ApiError, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _failed)
    _add_writing(app, service)
    _add_telling(app, service)
    _add_docs(app, service.limits)
    _add_page(app, runs)
    return Gate(app, rules, service.limits, service.figures, service.log, service.check_room)


def _add_writing(app: FastAPI, service: Service) -> None:
    refusals = (400, 401, 403, 404, 413, 429, 500, 503)

    @app.post("/v1/completions", responses=responses(shapes.Completion, *refusals, **STREAMED))
    async def completions(asked: CompletionRequest, request: Request) -> Response:
        """Go on from a text."""
        return await service.complete(asked, request)

    @app.post("/v1/chat/completions", responses=responses(shapes.ChatCompletion, *refusals, **STREAMED))
    async def chat_completions(asked: ChatRequest, request: Request) -> Response:
        """Ask a tuned model, in its own prompt format; or have a story model go on from the last message; or ask
        `sources`, where the server has an index, for quotes with their citations."""
        return await service.chat(asked, request)


def _add_telling(app: FastAPI, service: Service) -> None:
    @app.get("/v1/models", responses=responses(shapes.ModelList, 401, 403))
    async def models() -> Response:
        """The models of this server."""
        return JSONResponse({"object": "list", "data": [_model(service, each) for each in service.answering]})

    @app.get("/v1/models/{name}", responses=responses(shapes.Model, 400, 401, 403, 404))
    async def model(name: str) -> Response:
        """One of them."""
        known = {each.name: each for each in service.answering}
        return JSONResponse(_model(service, known.get(name) or service.models.named(name)))

    @app.get("/api/models", responses=responses(shapes.ModelFactsList, 401, 403))
    async def model_facts() -> Response:
        """What the page shows of the models."""
        return JSONResponse({"models": [each.facts() for each in service.answering]})

    @app.get("/health", responses=responses(shapes.Health, 403))
    async def health() -> Response:
        """Whether the server runs; needs no key."""
        return JSONResponse({"status": "ok"})

    @app.get("/ready", responses=responses(shapes.Readiness, 403, 503))
    async def ready() -> Response:
        """Whether it takes requests; needs no key."""
        if not service.ready:
            raise shutting_down()
        return JSONResponse({"status": "ready"})

    text = {"content": {"text/plain": {"schema": {"type": "string"}}}}

    @app.get("/metrics", response_class=Response, responses={200: text, **responses(None, 401, 403)} | {200: text})
    async def metrics() -> Response:
        """Figures in Prometheus' text format."""
        return Response(service.figures.text(), headers={"Content-Type": service.figures.content_type})


def _add_docs(app: FastAPI, limits: Limits) -> None:
    described = _documented(Limits)
    values = {name: (getattr(limits, name), what) for name, what in described.items()}
    _without_422(app)
    page = functools.cache(lambda: docs_page.page(app.openapi(), values))  # when all routes are there, and once

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return HTMLResponse(page(), headers={"Content-Security-Policy": docs_page.policy()})


def _add_page(app: FastAPI, runs: Path) -> None:
    """The page and its routes, where they are there."""
    if importlib.util.find_spec("slm.serving.runs") is not None:
        from slm.serving.runs import router

        app.include_router(router(runs))
    for path in PAGE.iterdir():  # one route each: a mount at / would answer in the place of 405 and of redirects
        app.add_api_route(f"/{path.name}", _file(path), include_in_schema=False)
    if (PAGE / "index.html").is_file():
        app.add_api_route("/", _file(PAGE / "index.html"), include_in_schema=False)


def _file(path: Path) -> Callable[[], FileResponse]:
    return lambda: FileResponse(path)


def _model(service: Service, model: Served | Sources) -> dict[str, Any]:
    return {
        "id": model.name, "object": "model", "created": service.begun, "owned_by": "slm", "loaded": model.loaded,
    }  # fmt: skip


def _answer(request: Request, error: ApiError) -> Response:
    request.scope["slm"]["reason"] = error.code  # the gate counts it
    return Response(error.body, error.status, error.headers, media_type="application/json")


async def _refused(request: Request, error: ApiError) -> Response:
    return _answer(request, error)


async def _failed(request: Request, error: Exception) -> Response:
    return _answer(request, engine_failed())  # the gate logs it


async def _not_valid(request: Request, error: RequestValidationError) -> Response:
    return _answer(request, refusal_of(list(error.errors())))


async def _http_error(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404:
        refusal = ApiError(404, "not_found", "there is nothing here; /docs lists what there is")
    elif error.status_code == 405:
        refusal = ApiError(405, "method_not_allowed", "this route takes another method; /docs says which")
    elif error.status_code == 400:
        refusal = invalid("the body is no JSON that can be read: send one object, in UTF-8", code="invalid_json")
    else:
        refusal = ApiError(error.status_code, "refused", "the request was refused; /docs says what may be asked")
    answer = _answer(request, refusal)
    answer.headers.update({name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"})
    return answer


def _without_422(app: FastAPI) -> None:
    """FastAPI's own description of refusals is not ours: they are 400, in OpenAI's shape."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            description = original()
            for methods in description["paths"].values():
                for operation in methods.values():
                    operation["responses"].pop("422", None)
        return app.openapi_schema or original()

    app.openapi = openapi


def _documented(kind: type) -> dict[str, str]:
    """The sentence under each field of a dataclass."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0].body
    names = {field.name for field in dataclasses.fields(kind)}
    return {
        first.target.id: second.value.value
        for first, second in itertools.pairwise(body)
        if isinstance(first, ast.AnnAssign) and first.target.id in names and isinstance(second, ast.Expr)
    }
