"""Addresses of places elsewhere (s3://bucket/name), over fsspec: reading and writing that is tried again and explained.

Credentials come from where each store's own client looks for them, environment and files, and from nowhere else: an
address that carries any is refused, and what is said of it is said without them. Knows nothing of what lies there.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import hashlib
import importlib
import io
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from slm.atomic_write import new_file
from slm.errors import ConfigError, DataError, MissingExtra, NetworkError, SlmError, import_extra
from slm.redaction import redacted

T = TypeVar("T")

ATTEMPTS = 3  # at one thing; within one the stores' own clients try again too
PAUSE = 0.5  # seconds before the second attempt, four times as many before the third
BLOCK = 1 << 23  # bytes that are asked for at once
CONNECT_SECONDS, READ_SECONDS = 10, 30

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "hf": "huggingface_hub", "file": "fsspec", "memory": "fsspec"}
"""Known kinds of addresses, and the package that opens each."""
S3_OPTIONS = {
    "use_listings_cache": False,  # others write there too
    "config_kwargs": {
        "connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS,
        "retries": {"mode": "standard", "total_max_attempts": 2},
    },
}  # fmt: skip
S3_ATTEMPTS = 2  # of s3fs, around those of its client: with ours up to 12, where their defaults would be 75
CREATED_ALREADY = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
LOCAL_TROUBLE = (errno.ENOSPC, errno.EROFS, errno.EDQUOT)


class NotThere(DataError):
    """Nothing lies at an address."""


class AlreadyThere(DataError):
    """Something lies at an address that was to be new."""


def is_address(text: object) -> bool:
    """Whether `text` is scheme://..., known or not: then it is no path, and may hold what must not be shown."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", str(text)) is not None


def checked_address(text: str, writable: bool = False) -> str:
    """`text` as an address that can be opened and shown, and written to where it must be `writable`.

    Raises ConfigError, without what must not be shown."""
    scheme, _, rest = text.partition("://")
    if scheme not in PACKAGES:
        known = ", ".join(f"{name}://" for name in PACKAGES if name != "memory")
        raise ConfigError(f"{redacted(text)}: expected an address that begins with {known}, got {scheme}://")
    if redacted(text) != text:
        raise ConfigError(
            f"{redacted(text)}: credentials and signatures do not belong into an address, which is written down with a "
            "run; leave them in the environment or in the files of the store's own client (such as ~/.aws/credentials)"
        )
    if writable and scheme == "hf":
        raise ConfigError(f"{text}: hf:// is read here, not written; upload a finished folder with 'hf upload'")
    if not rest.strip("/"):
        raise ConfigError(f"{text}: expected a bucket or folder after {scheme}://")
    return text.rstrip("/")


@dataclass(frozen=True)
class Entry:
    """A file at an address: its size in bytes, and what changes whenever its content does."""

    bytes: int
    version: str


class Place:
    """A file or folder at an address. Every method raises NotThere, NetworkError or DataError with one line."""

    def __init__(self, address: str):
        self.address = checked_address(address)
        self._files, self._path = self._tried("opening it", lambda: _opened(self.address))

    def __truediv__(self, name: str) -> Place:
        child = object.__new__(Place)
        child.address, child._files, child._path = f"{self.address}/{name}", self._files, f"{self._path}/{name}"
        return child

    def __str__(self) -> str:
        return self.address

    @property
    def name(self) -> str:
        return PurePosixPath(self.address.partition("://")[2]).name

    def entry(self) -> Entry | None:
        """The file here; None where there is a folder or nothing."""
        try:
            info = self._tried("looking", lambda: self._files.info(self._path))
        except NotThere:
            return None
        return _entry(info) if info["type"] == "file" else None

    def files(self) -> dict[str, Entry]:
        """All files below this folder by their names from here, in order; none where there is nothing."""
        found = self._tried("listing", lambda: self._files.find(self._path, detail=True))
        start = len(self._path.rstrip("/")) + 1
        return {path[start:]: _entry(info) for path, info in sorted(found.items()) if path[start:]}

    def matching(self) -> list[str]:
        """The addresses of what an address with * or ? or [ ] in it means, in order."""
        paths = self._tried("listing", lambda: self._files.glob(self._path))
        return [f"{self.address.partition('://')[0]}://{path}" for path in sorted(paths)]

    def open(self) -> io.BufferedReader:
        """The bytes of the file here, as a stream that goes on after a cut where it was."""
        entry = self.entry()
        if entry is None:
            raise self.not_there()
        return io.BufferedReader(_Stream(self, entry.bytes), 1 << 20)

    def read(self) -> bytes:
        """The whole of a small file."""
        return self._tried("reading", lambda: self._files.cat_file(self._path))

    def fetch(self, target: Path, sha256: str = "") -> None:
        """Copy the file here to `target`, whole or not at all; it must have that SHA-256 where one is given."""

        def once() -> None:
            with new_file(target) as temporary:
                digest = hashlib.sha256()
                with self.open() as source, open(temporary, "wb") as copy:
                    while chunk := source.read(BLOCK):
                        digest.update(chunk)
                        copy.write(chunk)
                if sha256 and digest.hexdigest() != sha256:
                    raise _Damaged("it came with another SHA-256 than its manifest says")

        self._tried("fetching", once)

    def put(self, source: Path) -> None:
        """Copy a local file to here; others see it when it is whole."""

        def once() -> None:
            if self._is_local():
                Path(self._path).parent.mkdir(parents=True, exist_ok=True)
                with new_file(Path(self._path)) as temporary:
                    shutil.copyfile(source, temporary)
            else:  # one request, or parts that count when all are there
                self._files.put_file(str(source), self._path)
            if (size := self._files.info(self._path)["size"]) != source.stat().st_size:
                raise _Damaged(f"{size:,} bytes of {source.stat().st_size:,} arrived")

        self._tried("writing", once)

    def write(self, content: bytes, new: bool = False) -> None:
        """Put a small file here, whole. With `new`, AlreadyThere where there is one: by the store itself where it can,
        which of two writers at the same moment leaves one."""

        def once() -> None:
            if self._is_local():
                Path(self._path).parent.mkdir(parents=True, exist_ok=True)
                if new:
                    with open(self._path, "xb") as file:
                        file.write(content)
                    return
                with new_file(Path(self._path)) as temporary:
                    temporary.write_bytes(content)
            else:
                self._files.pipe_file(self._path, content, **({"mode": "create"} if new else {}))

        self._tried("writing", once)

    def remove(self) -> None:
        """Remove the file here, if there is one."""
        with contextlib.suppress(NotThere):
            self._tried("removing", lambda: self._files.rm_file(self._path))

    def _is_local(self) -> bool:
        return self.address.startswith("file://")

    def _tried(self, doing: str, call: Callable[[], T]) -> T:
        """Call until it works, at most ATTEMPTS times; what cannot pass is not tried again."""
        for attempt in range(ATTEMPTS):
            try:
                return call()
            except Exception as error:  # the stores' clients raise errors of many packages
                explained, may_pass = self._explain(error, doing)
                if not may_pass or attempt == ATTEMPTS - 1:
                    raise explained from None
                time.sleep(PAUSE * 4**attempt)
        raise AssertionError

    def _explain(self, error: Exception, doing: str) -> tuple[Exception, bool]:
        """The one-line error for what a client raised, and whether another attempt is worth it."""
        if isinstance(error, (SlmError, TypeError, AttributeError, NameError, AssertionError)):
            return error, False  # explained already, or a mistake of ours
        code = _code(error)
        if isinstance(error, OSError) and error.errno in LOCAL_TROUBLE:
            return error, False  # of this machine
        if isinstance(error, FileExistsError) or code in CREATED_ALREADY:
            return AlreadyThere(f"{self}: something lies there already"), False
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            return self.not_there(code), False
        if type(error).__name__ in ("NoCredentialsError", "PartialCredentialsError", "LocalTokenNotFoundError"):
            return NetworkError(f"{self}: no credentials for it in the environment or in files; {_login(self)}"), False
        if isinstance(error, PermissionError):
            refused = f"{self}: refused while {doing} ({_reason(error)}): the credentials that were found may not"
            return NetworkError(f"{refused}; {_login(self)}"), False
        problem = f"{self}: {doing} it failed {ATTEMPTS} times ({_reason(error)})"
        return NetworkError(f"{problem}; nothing half-written was kept: check the network and try again"), True

    def not_there(self, code: str = "") -> NotThere:
        """What to say where nothing lies here."""
        scheme, _, rest = self.address.partition("://")
        bucket = rest.partition("/")[0]
        if scheme in ("s3", "gs") and (code == "NoSuchBucket" or not self._has_bucket(bucket)):
            return NotThere(f"{self}: there is no bucket {bucket!r}; correct the name, or make the bucket first")
        return NotThere(f"{self}: expected something there, found nothing; correct the address")

    def _has_bucket(self, bucket: str) -> bool:
        try:
            return self._files.exists(bucket)
        except Exception:  # it may exist and not be ours to see
            return True


class _Damaged(Exception):
    """A copy that is not the original; worth another attempt."""


class _Stream(io.RawIOBase):
    """A file elsewhere, read in order or by seeking; after a cut it is opened again where it was."""

    def __init__(self, place: Place, size: int):
        self._place, self._size, self._at, self._file = place, size, 0, None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._size - self._at)
        if wanted <= 0:
            return 0
        content = self._place._tried("reading", lambda: self._once(wanted))
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)

    def _once(self, wanted: int) -> bytes:
        try:
            if self._file is None:
                options = {"block_size": BLOCK, "cache_type": "readahead"} if self._place.address[:3] == "s3:" else {}
                self._file = self._place._files.open(self._place._path, "rb", **options)
            if self._file.tell() != self._at:
                self._file.seek(self._at)
            content = self._file.read(wanted)
            if not content:
                raise _Damaged(f"it ended after {self._at:,} of {self._size:,} bytes")
            return content
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        with contextlib.suppress(Exception):
            self._file.close()
        self._file = None

    def close(self) -> None:
        self.release()
        super().close()


def _opened(address: str) -> tuple[Any, str]:
    scheme = address.partition("://")[0]
    extra = "hub" if scheme == "hf" else "remote"
    fsspec = import_extra("fsspec", "remote", f"opening {scheme}:// addresses")
    package = PACKAGES[scheme]
    try:
        importlib.import_module(package)
    except ImportError as error:
        command = "gcsfs" if scheme == "gs" else f"'slm-toolkit[{extra}]'"
        raise MissingExtra(
            f"{address}: {scheme}:// addresses need the package {package!r}, which is not installed ({error}): "
            f"pip install {command}"
        ) from None
    return _file_system(fsspec, scheme), _path(fsspec, address)


def _file_system(fsspec: Any, scheme: str) -> Any:
    files = fsspec.filesystem(scheme, **(S3_OPTIONS if scheme == "s3" else {}))
    if scheme == "s3":
        files.retries = S3_ATTEMPTS
    return files


def _path(fsspec: Any, address: str) -> str:
    return fsspec.get_filesystem_class(address.partition("://")[0])._strip_protocol(address)


def _entry(info: dict[str, Any]) -> Entry:
    kinds = ("ETag", "etag", "md5Hash", "blob_id", "mtime", "created", "LastModified", "last_modified")
    version = next((info[kind] for kind in kinds if info.get(kind)), "")
    version = version.timestamp() if isinstance(version, datetime.datetime) else version
    return Entry(info["size"] or 0, str(version).strip('"'))


def _code(error: Exception | None) -> str:
    """The store's own word for what went wrong, such as NoSuchBucket; '' where it has none."""
    while error is not None:
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
        error = error.__cause__
    return ""


def _reason(error: Exception) -> str:
    return redacted(error)[:200] or type(error).__name__


def _login(place: Place) -> str:
    """Where credentials belong."""
    return {
        "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE with ~/.aws/credentials",
        "gs": "set GOOGLE_APPLICATION_CREDENTIALS, or log in with 'gcloud auth application-default login'",
        "hf": "set HF_TOKEN, or log in with 'hf auth login'",
    }.get(place.address.partition("://")[0], "mend its permissions")
