"""ONNX Runtime, told to keep to itself. Everything that needs it takes it from here.

Since 1.29 its builds for Linux and macOS can report the names, hashes and shapes of models to its maker, and write down
an ID of the device, unless this variable is set when it is loaded (microsoft/onnxruntime, pull request 27379). Its
tiled attention is slower than the plain one for single tokens, of which generation is made (`docs/experiments.md`,
section 12).
"""

from __future__ import annotations

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("ORT_GQA_DISABLE_FLASH_ATTENTION", "1")

import onnxruntime

__all__ = ["onnxruntime"]
