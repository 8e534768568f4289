"""Say how much an installation will download, before it does: asks pip for its plan, and servers for the sizes."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def planned(requirement: str) -> list[dict]:
    """The packages that pip would download for `requirement`."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--quiet",
        "--disable-pip-version-check",
        "--report",
        "-",
    ]
    done = subprocess.run([*command, "-c", "constraints.txt", "-e", requirement], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip() or "pip could not plan the installation; is there a network?")
    return json.loads(done.stdout)["install"]


def size(address: str) -> int:
    """Bytes at an address; 0 where the server does not say."""
    parts = urllib.parse.urlparse(address)
    if parts.scheme == "file":
        path = Path(urllib.request.url2pathname(parts.path))
        return path.stat().st_size if path.is_file() else 0
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=20) as answer:
            return int(answer.headers.get("Content-Length") or 0)
    except (OSError, ValueError):
        return 0


def main(requirement: str) -> None:
    print("asking what has to be downloaded ...", flush=True)
    packages = planned(requirement)
    addresses = [package["download_info"]["url"] for package in packages]
    with ThreadPoolExecutor(16) as pool:
        sizes = dict(zip((package["metadata"]["name"] for package in packages), pool.map(size, addresses), strict=True))
    known = sum(sizes.values())
    largest = max(sizes, key=sizes.get, default="")
    unknown = sum(not bytes_ for name, bytes_ in sizes.items() if name != "slm-toolkit")
    print(
        f"will download {len(packages)} packages, {known / 1e6:,.0f} MB (the largest: {largest}, "
        f"{sizes.get(largest, 0) / 1e6:,.0f} MB)"
    )
    if unknown:
        print(f"(the sizes of {unknown} packages could not be learned)")


if __name__ == "__main__":
    main(sys.argv[1])
