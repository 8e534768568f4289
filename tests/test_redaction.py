"""What must not be shown is not, and the rest stays as it is."""

from __future__ import annotations

import pytest

from slm.redaction import redacted


@pytest.mark.parametrize(("text", "shown"), [
    ("s3://bucket/a.txt", "s3://bucket/a.txt"),
    ("s3://bucket/stories-?.txt", "s3://bucket/stories-?.txt"),
    ("hf://datasets/owner/name@main/a.txt", "hf://datasets/owner/name@main/a.txt"),
    ("s3://bucket/what?/a=b.txt", "s3://bucket/what?***"),  # too much rather than too little
    ("s3://key:secret@bucket/a.txt", "s3://***@bucket/a.txt"),
    ("https://host/a?X-Amz-Signature=abc&Expires=1", "https://host/a?***"),
    ("GET 'https://host/a?sig=abc' failed:\n403", "GET 'https://host/a?***' failed: 403"),
    ("is it there? a=1", "is it there? a=1"),
])  # fmt: skip
def test_addresses(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_secrets_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG")
    monkeypatch.setenv("WANDB_API_KEY", "0123456789abcdef")
    monkeypatch.setenv("SOME_TOKEN", "short")
    text = "refused wJalrXUtnFEMI/K7MDENG and 0123456789abcdef, short"
    assert redacted(text) == "refused *** and ***, short"
