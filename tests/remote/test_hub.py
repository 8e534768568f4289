"""hf:// addresses, by the hub's own client against a small hub in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hub_server import HubServer

pytestmark = pytest.mark.slow
pytest.importorskip("huggingface_hub", reason="the package huggingface_hub comes with the extra 'hub'")

READ = """
import json, sys
from slm.data.documents import DocumentsConfig, open_documents
from slm.errors import SlmError
try:
    stream = open_documents(DocumentsConfig((sys.argv[1],)))
    print(json.dumps([sorted(record["text"] for _, record in stream), stream.sources[0]["files"]]))
except SlmError as error:
    sys.exit(f"error: {error}")
"""


def read(hub: HubServer, home: Path, address: str) -> subprocess.CompletedProcess:
    """The documents at an address; in a process of its own, since the client looks at HF_ENDPOINT once."""
    environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1"}
    return subprocess.run([sys.executable, "-c", READ, address], env=environment, capture_output=True, text=True)


def test_documents_of_a_dataset(tmp_path: Path) -> None:
    texts = [f"Story {number}." for number in range(40)]
    lines = [json.dumps({"text": text}) + "\n" for text in texts]
    files = {f"data/part-{part}.jsonl": "".join(lines[part::2]) for part in (0, 1)}
    content = {name: text.encode() for name, text in files.items()} | {"README.md": b"About stories."}
    with HubServer({"datasets/owner/stories": content}) as hub:
        outcome = read(hub, tmp_path, "hf://datasets/owner/stories/data")
        assert outcome.returncode == 0, outcome.stderr
        found, manifest = json.loads(outcome.stdout)
        assert found == sorted(texts)
        assert [file["name"] for file in manifest] == [f"hf://datasets/owner/stories/{name}" for name in files]
        assert all(file["version"] for file in manifest)
        missing = read(hub, tmp_path, "hf://datasets/owner/nothing/data")
        assert "hf://datasets/owner/nothing/data: expected something there, found nothing" in missing.stderr
        assert "Traceback" not in missing.stderr
