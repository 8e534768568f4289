"""A small server that speaks enough of the Hugging Face hub's protocol for its real clients to read from it.

It serves repositories of datasets and models on 127.0.0.1, and can be told to cut transfers, to fail, to lie about
lengths and to be gone. Checked against huggingface_hub 2.4 and datasets 5.2.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

ALWAYS = 1 << 30


@dataclass
class Repo:
    """One repository: its commits by name, a branch 'main', perhaps tags."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=dict)
    gated: bool = False

    def commit(self, files: Mapping[str, bytes], tag: str = "") -> str:
        """Make `files` the content of the main branch; returns the name of the commit."""
        digest = hashlib.sha1(str(len(self.commits)).encode())
        for name in sorted(files):
            digest.update(name.encode() + files[name])
        self.commits[digest.hexdigest()] = dict(files)
        self.revisions["main"] = digest.hexdigest()
        if tag:
            self.revisions[tag] = digest.hexdigest()
        return digest.hexdigest()

    def resolve(self, revision: str) -> str | None:
        return revision if revision in self.commits else self.revisions.get(revision)


class HubServer:
    """`with HubServer({"datasets/owner/name": {"README.md": b"..."}, "models/gpt2": {...}}) as server:`

    `server.url` is what HF_ENDPOINT must be. The faults below apply to files by the end of their path and wear off
    after `times` requests.
    """

    def __init__(self, repos: Mapping[str, Mapping[str, bytes]] | None = None):
        self.repos: dict[str, Repo] = {}
        self.requests: list[tuple[str, str, str]] = []
        """Method, path and Range header of every request that came."""
        self.gone = False
        """Close every connection without an answer."""
        self._faults: dict[tuple[str, str], list[int]] = {}
        self._lock = threading.Lock()
        for name, files in (repos or {}).items():
            self.add(name, files)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> HubServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, name: str, files: Mapping[str, bytes]) -> Repo:
        """Add the repository `name` ('datasets/owner/name' or 'models/owner/name')."""
        repo = self.repos[name] = Repo()
        repo.commit(files)
        return repo

    def cut(self, path: str, times: int = 1, at: int | None = None) -> None:
        """Close the connection after half of the promised bytes, or after byte `at` of the file."""
        self._faults["cut", path] = [times, -1 if at is None else at]

    def fail(self, path: str, times: int = 1, status: int = 503) -> None:
        """Answer with an error."""
        self._faults["fail", path] = [times, status]

    def lie(self, path: str, extra: int, times: int = ALWAYS) -> None:
        """Say in headers that a file has `extra` more bytes than are sent, and then close the connection."""
        self._faults["lie", path] = [times, extra]

    def shorten(self, path: str, by: int, times: int = ALWAYS) -> None:
        """Serve a file without its last bytes, with headers that agree; only the listing knows its true size."""
        self._faults["shorten", path] = [times, by]

    def heal(self) -> None:
        """End all faults."""
        self._faults.clear()
        self.gone = False

    def fault(self, kind: str, path: str) -> int | None:
        """The parameter of a fault that applies to `path` now, counting it as used."""
        with self._lock:
            for (name, end), fault in self._faults.items():
                if name == kind and path.endswith(end) and fault[0] > 0:
                    fault[0] -= 1
                    return fault[1]
        return None


def _git_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _entry(name: str, content: bytes) -> dict[str, object]:
    return {"type": "file", "path": name, "size": len(content), "oid": _git_id(content)}


class _NotFound(Exception):
    """The answer is an error with this code and status."""

    def __init__(self, code: str, status: int = 404):
        super().__init__(code)
        self.status = status


def _handler_for(hub: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def _answer(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            hub.requests.append((self.command, unquote(url.path), self.headers.get("Range", "")))
            if hub.gone:
                return self._hang_up()
            status = hub.fault("fail", unquote(url.path)) if "/resolve/" in url.path else None
            if status:
                return self._send_json({"error": "told to fail"}, status)
            try:
                if match := re.fullmatch(r"/api/(models|datasets)/(.+)", url.path):
                    self._send_json(self._api(*match.groups(), parse_qs(url.query or body.decode())))
                elif match := re.fullmatch(r"/(?:(datasets)/)?(.+)/resolve/([^/]+)/(.+)", url.path):
                    self._send_file(match[1] or "models", match[2], unquote(match[3]), unquote(match[4]))
                else:
                    raise _NotFound("EntryNotFound")
            except _NotFound as error:
                self._send_json({"error": str(error)}, error.status, {"X-Error-Code": str(error)})

        def _api(self, kind: str, path: str, parameters: dict[str, list[str]]) -> object:
            match = re.fullmatch(r"(.+?)(?:/(revision|tree|paths-info)/([^/]+)(?:/(.*))?)?", path)
            name, call, revision, folder = match.groups()
            repo, commit, files = self._find(kind, name, unquote(revision or "main"))
            if call == "tree":
                recursive = parameters.get("recursive", [""])[0].lower() in ("true", "1")
                return _tree(files, unquote(folder or ""), recursive)
            if call == "paths-info":
                return [_entry(path, files[path]) for path in parameters["paths"] if path in files]
            return {
                "id": name,
                "sha": commit,
                "private": False,
                "gated": repo.gated,
                "siblings": [{"rfilename": path} for path in files],
                "tags": [],
                "downloads": 0,
                "likes": 0,
            }

        def _find(self, kind: str, name: str, revision: str) -> tuple[Repo, str, dict[str, bytes]]:
            repo = hub.repos.get(f"{kind}/{name}")
            if repo is None:
                raise _NotFound("RepoNotFound")
            commit = repo.resolve(revision)
            if commit is None:
                raise _NotFound("RevisionNotFound")
            return repo, commit, repo.commits[commit]

        def _send_json(self, value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            for name, text in (headers or {}).items():
                self.send_header(name, text)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def _send_file(self, kind: str, name: str, revision: str, path: str) -> None:
            repo, commit, files = self._find(kind, name, revision)
            if repo.gated:
                raise _NotFound("GatedRepo", 403)
            if path not in files:
                raise _NotFound("EntryNotFound")
            content = files[path]
            content = content[: len(content) - (hub.fault("shorten", path) or 0)]
            start = int((re.match(r"bytes=(\d+)-", self.headers.get("Range", "")) or [0, 0])[1])
            promised = len(content) - start + (hub.fault("lie", path) or 0)
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("X-Repo-Commit", commit)
            self.send_header("ETag", f'"{_git_id(files[path])}"')
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(promised))
            self.end_headers()
            if self.command == "GET":
                self._send_body(path, content[start:], start, promised)

        def _send_body(self, path: str, content: bytes, start: int, promised: int) -> None:
            cut = hub.fault("cut", path)
            if cut is not None:
                content = content[: len(content) // 2 if cut < 0 else max(0, cut - start)]
            self.wfile.write(content)
            if len(content) < promised:
                self.wfile.flush()
                self._hang_up()

        def _hang_up(self) -> None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    return Handler


def _tree(files: Mapping[str, bytes], folder: str, recursive: bool) -> list[dict[str, object]]:
    """The files and folders in `folder`, and in its folders when recursive."""
    prefix = f"{folder}/" if folder else ""
    below = {name.removeprefix(prefix): content for name, content in files.items() if name.startswith(prefix)}
    if folder and not below:
        raise _NotFound("EntryNotFound")
    folders = sorted({name[: slash.start()] for name in below for slash in re.finditer("/", name)})
    entries = [
        {"type": "directory", "path": prefix + path, "size": 0, "oid": hashlib.sha1(path.encode()).hexdigest()}
        for path in folders
    ]
    entries += [_entry(prefix + name, content) for name, content in below.items()]
    return [entry for entry in entries if recursive or "/" not in str(entry["path"]).removeprefix(prefix)]
