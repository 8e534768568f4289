"""A local S3: moto's server in a thread, and a line in front of it that can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
import urllib.request
from collections.abc import Iterator

BUCKET = "a-bucket"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a-secret-that-is-never-shown",
    "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
}  # fmt: skip


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """The address of an S3 with one bucket, for anybody."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    try:
        request(f"{address}/{BUCKET}", "PUT")
        yield address
    finally:
        server.stop()


def request(address: str, method: str, content: bytes = b"") -> bytes:
    plain = urllib.request.Request(address, content or None, {"Content-Type": "text/plain"}, method=method)
    with urllib.request.urlopen(plain, timeout=20) as answer:
        return answer.read()


@contextlib.contextmanager
def only_for_known_keys(server: str) -> Iterator[None]:
    """Within: keys that nobody made are refused."""
    request(f"{server}/moto-api/reset-auth", "POST", b"0")
    try:
        yield
    finally:
        request(f"{server}/moto-api/reset-auth", "POST", b"inf")


class CuttableLine:
    """Passes connections on to `target`. While `cuts` is above 0, an answer that grows past `after` bytes is cut off
    there, and there is one cut less."""

    def __init__(self, target: str, after: int = 0, cuts: int = 0):
        host, port = target.removeprefix("http://").split(":")
        self._target, self.after, self.cuts = (host, int(port)), after, cuts
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._socket.accept()
                far = socket.create_connection(self._target)
                threading.Thread(target=self._pass, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while content := source.recv(1 << 14):
                passed += len(content)
                if answers and self.cuts > 0 and passed > self.after:
                    self.cuts -= 1
                    break
                target.sendall(content)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
