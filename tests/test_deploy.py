"""What lies in deploy/, held against slm serve's own bounds and options, and against the programs that read it where
they are there: nginx, kubernetes-validate, bash."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from slm.cli import options
from slm.cli.main import app
from slm.serving.limits import Limits
from slm.serving.security import OPEN_ROUTES
from slm.serving.server import LAST_WORDS

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH')}:/usr/sbin")
LIMITS = Limits()
OLDEST = "1.30"  # Kubernetes that knows what the manifests use


def serve_options(words: list[str]) -> dict[str, Any]:
    """The options of slm serve, as its own parser reads them. Raises click's errors for what it does not know."""
    command = typer.main.get_command(app).commands["serve"]
    return command.make_context("serve", list(words)).params


# nginx


@pytest.fixture(scope="module")
def site() -> str:
    return re.sub(r" *#.*", "", (DEPLOY / "nginx.conf").read_text(encoding="utf-8"))


def setting(site: str, name: str) -> list[str]:
    """The values of each time that a directive stands there."""
    return re.findall(rf"^ *{name} ([^;]*);", site, re.M)


def seconds(text: str) -> float:
    return options.seconds_of(text, "nginx.conf")


def bench_fleet() -> Any:
    path = ROOT / "bench" / "fleet.py"
    sys.path.insert(0, str(path.parent))
    try:
        spec = importlib.util.spec_from_file_location("bench_fleet", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules["bench_fleet"] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


def test_nginx_waits_as_long_as_slm_serve_may_take(site):
    assert [seconds(each) > LIMITS.seconds for each in setting(site, "proxy_read_timeout")] == [True]
    (upstream,) = setting(site[: site.index("server {")], "keepalive_timeout")
    assert seconds(upstream) < LIMITS.keep_alive_seconds  # else it would write on connections that are being closed
    bounds = {
        "client_header_timeout": LIMITS.header_seconds, "client_body_timeout": LIMITS.body_seconds,
        "send_timeout": LIMITS.stall_seconds,
    }  # fmt: skip
    for name, bound in bounds.items():
        assert [seconds(each) for each in setting(site, name)] == [bound]


def test_a_body_that_slm_serve_takes_gets_through_and_can_be_sent_again(site):
    assert options.bytes_of(setting(site, "client_max_body_size")[0], "nginx") > LIMITS.body_bytes
    assert options.bytes_of(setting(site, "client_body_buffer_size")[0], "nginx") >= LIMITS.body_bytes
    assert not setting(site, "proxy_request_buffering")


def test_only_what_no_server_began_goes_to_another_one(site):
    (when,) = setting(site, "proxy_next_upstream")
    assert set(when.split()) == {"error", "timeout", "http_503", "non_idempotent"}
    assert int(setting(site, "proxy_next_upstream_tries")[0]) == len(re.findall(r"^ *server [\d.]+:\d+ ", site, re.M))


def test_clients_are_told_apart_by_nginx_alone(site):
    headers = dict(each.split() for each in setting(site, "proxy_set_header"))
    assert headers["X-Forwarded-For"] == "$remote_addr" and headers["Host"] == "$http_host"
    assert "Authorization" not in headers


def test_the_servers_are_started_as_the_file_says():
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    words = re.search(r"slm serve (MODEL.*?)\\\n# +(.*?) {2,}\(", text, re.S)
    chosen = serve_options(shlex.split(f"{words[1]} {words[2]}"))
    assert list(chosen["trusted_proxy"]) == ["127.0.0.1"] and f"127.0.0.1:{chosen['port']}" in text
    assert options.seconds_of(chosen["drain"], "") >= options.seconds_of(chosen["deadline"], "")


@pytest.mark.skipif(not NGINX, reason="needs nginx: apt-get install nginx-light")
@pytest.mark.parametrize("broken", [False, True])
def test_nginx_takes_it(tmp_path: Path, broken):
    fleet = bench_fleet()
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    words = fleet.nginx_words(tmp_path, text.replace("least_conn", "most_conn" if broken else "least_conn"), [], 1, str)
    done = subprocess.run([NGINX, *words, "-t"], capture_output=True, text=True)
    assert (done.returncode, "most_conn" in done.stderr) == ((1, True) if broken else (0, False)), done.stderr


def test_the_bench_can_tell_what_came_of_a_request():
    fleet = bench_fleet()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    event, end = b'data: {"choices":[{"text":"a"}]}\n\n', b"data: [DONE]\n\n"
    chunks = [b"%x\r\n%s\r\n" % (len(each), each) for each in (event[:9], event[9:], end)]
    assert fleet.outcome_of(head + b"".join(chunks) + b"0\r\n\r\n", True) == ("ok", "a")
    assert fleet.outcome_of(head + chunks[0], True)[0] == "cut"
    assert fleet.outcome_of(b"", True)[0] == "lost" and fleet.outcome_of(b"", False)[0] == "lost"
    assert fleet.outcome_of(b'HTTP/1.1 200 OK\r\n\r\n{"choi', False)[0] == "lost"
    assert fleet.outcome_of(b'HTTP/1.1 200 OK\r\n\r\n{"choices":[{"text":"a"}]}', False) == ("ok", "a")
    assert fleet.outcome_of(b"HTTP/1.1 502 Bad\r\n\r\n", True)[0] == "5xx"


# Kubernetes


@pytest.fixture(scope="module")
def objects() -> dict[str, dict[str, Any]]:
    """By their kinds; the kustomization too."""
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    found = [each for path in files for each in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
    assert len({each["kind"] for each in found}) == len(found) == len(files)
    return {each["kind"]: each for each in found}


@pytest.fixture(scope="module")
def pod(objects) -> dict[str, Any]:
    return objects["Deployment"]["spec"]["template"]["spec"]


def test_the_schemas_of_kubernetes_take_them(objects):
    schemas = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes_validate is not installed: pip install kubernetes-validate"
    )
    for kind, each in objects.items():
        if kind != "Kustomization":  # kubectl's own, in no cluster's schema
            for version in (OLDEST, schemas.latest_version()):
                schemas.validate(each, version, strict=True)
    with pytest.raises(schemas.ValidationError):
        schemas.validate(objects["Service"] | {"specs": {}}, OLDEST, strict=True)


def test_the_drain_fits_into_the_time_that_kubernetes_waits(pod):
    (container,) = pod["containers"]
    chosen = serve_options(["--api-keys", "keys", *container["args"]])
    drain, deadline = (options.seconds_of(chosen[name], name) for name in ("drain", "deadline"))
    before = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    probe = container["readinessProbe"]
    assert drain >= deadline  # no request is cut
    assert pod["terminationGracePeriodSeconds"] >= before + drain + LAST_WORDS
    assert before > probe["periodSeconds"] * probe["failureThreshold"]


def test_the_container_is_that_of_the_dockerfile(pod, objects):
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (container,) = pod["containers"]
    user = re.search(r"^USER (\d+):(\d+)$", text, re.M)
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) == tuple(map(int, user.groups()))
    (port,) = container["ports"]
    assert f"EXPOSE {port['containerPort']}\n" in text
    mounts = {each["name"]: each for each in container["volumeMounts"]}
    assert f'"{mounts["keys"]["mountPath"]}"' in text and all(each["readOnly"] for each in mounts.values())
    assert objects["Service"]["spec"]["ports"][0]["targetPort"] == port["name"]


def test_it_runs_without_rights_and_answers_probes_without_a_key(pod):
    (container,) = pod["containers"]
    rights = container["securityContext"]
    assert rights["readOnlyRootFilesystem"] and not rights["allowPrivilegeEscalation"]
    assert rights["capabilities"] == {"drop": ["ALL"]} and pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    probes = {name: container[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert probes["readinessProbe"] == "/ready" and probes["livenessProbe"] == "/health"
    assert set(probes.values()) <= OPEN_ROUTES


def test_names_and_labels_agree_and_no_key_is_there(objects, pod):
    kustomization = objects["Kustomization"]
    there = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")}
    assert {*kustomization["resources"], "autoscaling.yaml", "kustomization.yaml"} == there
    made = {each["name"] for name in ("secretGenerator", "configMapGenerator") for each in kustomization[name]}
    (container,) = pod["containers"]
    assert made == {pod["volumes"][1]["secret"]["secretName"], container["envFrom"][0]["configMapRef"]["name"]}
    claim = objects["PersistentVolumeClaim"]["metadata"]["name"]
    assert pod["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
    deployment, disruption = (objects[each]["spec"]["selector"] for each in ("Deployment", "PodDisruptionBudget"))
    assert labels == objects["Service"]["spec"]["selector"] == deployment["matchLabels"] == disruption["matchLabels"]
    named = {word.partition("=")[0] for word in kustomization["configMapGenerator"][0]["literals"]}
    assert named == set(re.findall(r"\$\((\w+)\)", " ".join(container["args"])))
    assert kustomization["images"][0]["name"] == container["image"] and "Secret" not in objects


# Slurm


@pytest.fixture(scope="module")
def job() -> str:
    return (DEPLOY / "slurm" / "train.sbatch").read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_takes_the_job():
    done = subprocess.run(["bash", "-n", DEPLOY / "slurm" / "train.sbatch"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_options_of_the_job_stand_where_sbatch_reads_them(job):
    """sbatch stops looking at the first line that is neither empty nor a comment."""
    head, rest = re.fullmatch(r"(#!.*?)^([^#\s].*)", job, re.M | re.S).groups()
    chosen = dict(re.findall(r"^#SBATCH --([a-z-]+)=?(\S*)$", head, re.M))
    assert len(chosen) == job.count("#SBATCH") and "#SBATCH" not in rest
    assert "requeue" in chosen and chosen["open-mode"] == "append" and chosen["ntasks-per-node"] == "1"
    where, name, before = re.fullmatch(r"(B):([A-Z0-9]+)@(\d+)", chosen["signal"]).groups()
    assert where == "B" and re.search(rf"^trap \w+ {name}\b", rest, re.M) and int(before) >= 60


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_the_job_calls_what_there_is(job):
    """The words for slm train, for a new run and for one that goes on, are options that it has."""
    command = typer.main.get_command(app).commands["train"]
    known = {name for each in command.params for name in each.opts}
    assert set(re.findall(r" (--(?:name|resume|yes))\b", job)) <= known
    assert "-m slm train" in job
