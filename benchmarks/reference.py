"""The same workloads on this host and on the reference program, in turns, with the ratios.

The environment says where things are and how much to do: THREADHOST_REFERENCE is the reference's
native program (without it only this host is measured), THREADHOST_PEER the folder of the comparing
benchmark with its bench.py, THREADHOST_WORKLOADS some of its workloads, THREADHOST_REPS how often
each, and THREADHOST_WAIT_S how long to wait for a quiet machine before each.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.machine import described
from benchmarks.table import ROUNDED_FROM, markdown

PROGRAM = Path(sys.executable).parent / "threadhost"
RESULTS = Path(__file__).with_name("RESULTS.md")
OURS, THEIRS = "threadhost", "codex-lean"
Metrics = Mapping[str, Mapping[str, list[float]]]
"""Figure -> server -> samples."""
Figures = Mapping[str, Metrics]
"""Workload -> its figures."""

TARGETS = {
    "thread/start p50 (ms)": 4,
    "thread/start p95 (ms)": 3,
    "thread/start 32 in flight (per second)": 4,
    "turn p50, one thread (ms)": 5,
    "100 turns at once: all done (ms)": 6,
    "turn CPU, at once (ms each)": 8,
    "RSS per live thread (KiB)": 20,
    "RSS after init (MiB)": 1,
    "10000: first page, default limit (ms)": 25,
    "10000: page through all, 100 a page (ms)": 10,
    "10000: search with no hit (ms)": 50,
    "delete 1 of 10000 (ms)": 100,
    "tree of 1000: last thread/deleted (ms)": 10,
    "1000 turns: read with turns (ms)": 1,
    "1000 turns: newest 20 turns (ms)": 1,
    "1000 turns: newest 20 items (ms)": 1,
    "1000 turns: resume (ms)": 10,
}
"""How many times better than the reference a figure has to be."""

BESIDE = {
    "1000 turns: first read with turns (ms)": "legacy",
    "1000 turns: read with turns (ms)": "legacy",
    "1000 turns: read without turns (ms)": "legacy",
    "1000 turns: newest 20 turns (ms)": "paginated",
    "1000 turns: newest 20 items (ms)": "paginated",
    "1000 turns: resume (ms)": "paginated",
    "1000 turns: one more turn (ms)": "legacy",
}
"""Which of its two forms of a history the reference is compared in; this host has one."""

OPENING = """\
# Beside the reference

Made by `make bench-reference`; do not edit. Medians over all repetitions, the servers taking turns
in one run, one client over stdio, a scripted model over HTTP. A ratio above 1 means that this host
is better: faster, smaller, or more a second. `{theirs}` is the reference program, version
{version}, with its shell snapshots off. It has two forms of a history: pages and the resumption of
ours are beside its `paginated` form, which has them, and the rest beside `legacy`, the quicker one.

{where}
"""


def run(out: Path, folder: Path) -> None:
    """Run the comparing benchmark, which writes its figures to `out`."""
    peer = Path(os.environ.get("THREADHOST_PEER", ""))
    if not (peer / "bench.py").exists():
        sys.exit(
            "set THREADHOST_PEER to the folder of the comparing benchmark, with bench.py in it"
        )
    command = [sys.executable, str(peer / "bench.py")]
    reference = os.environ.get("THREADHOST_REFERENCE")
    if reference:
        command += ["--server", THEIRS, f"{shlex.quote(reference)} app-server"]
    ours = f"{shlex.quote(str(PROGRAM))} serve --home {{home}} --model-url {{model_url}}"
    command += ["--server", OURS, ours]
    command += ["--plugin", str(Path(__file__).with_name("peer_kind.py"))]
    command += ["--out", str(out), "--tmp", str(folder)]
    if workloads := os.environ.get("THREADHOST_WORKLOADS"):
        command += ["--only", *workloads.split()]
    if wait_s := os.environ.get("THREADHOST_WAIT_S"):
        command += ["--wait", wait_s]
    if repetitions := os.environ.get("THREADHOST_REPS"):
        command += ["--reps", repetitions]
    subprocess.run(command, check=True)


def version() -> str:
    """What the reference program says of itself."""
    reference = os.environ.get("THREADHOST_REFERENCE")
    if not reference:
        return "-, not measured"
    done = subprocess.run([reference, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def ratio(name: str, samples: Mapping[str, list[float]]) -> float | None:
    """How many times better this host is; None if only one was measured."""
    if not (samples.get(OURS) and samples.get(THEIRS)):
        return None
    ours, theirs = median(samples[OURS]), median(samples[THEIRS])
    if not ours or not theirs:
        return None
    return ours / theirs if "per second" in name else theirs / ours


def with_theirs(metrics: Metrics) -> Metrics:
    """The figures of one workload, with those of the reference beside ours where names differ."""
    found = dict(metrics)
    for name, form in BESIDE.items():
        theirs = found.get(name.replace(":", f" {form}:"), {}).get(THEIRS)
        if name in found and theirs:
            found[name] = {**found[name], THEIRS: theirs}
    return found


def rows(figures: Figures) -> Iterator[tuple[str, str, str, str, str]]:
    """Figure, theirs, ours, ratio, and whether that is enough."""
    for metrics in figures.values():
        for name, samples in with_theirs(metrics).items():
            theirs, ours = (cell(samples.get(server)) for server in (THEIRS, OURS))
            better, wanted = ratio(name, samples), TARGETS.get(name)
            verdict = "" if wanted is None else f"{wanted}x"
            if better is not None and wanted is not None:
                verdict += ", met" if better >= wanted else ", MISSED"
            yield name, theirs, ours, "" if better is None else f"{better:.1f}", verdict


def cell(samples: list[float] | None) -> str:
    """The median and the range."""
    if not samples:
        return "-"
    middle, least, most = (number(n) for n in (median(samples), min(samples), max(samples)))
    return f"{middle} ({least}..{most})" if len(samples) > 1 else middle


def number(n: float) -> str:
    """Three digits that count."""
    return f"{n:,.0f}" if n >= ROUNDED_FROM else f"{n:.3g}"


def main() -> None:
    """Measure, and write the document."""
    where = described()
    with TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        run(out, Path(folder))
        figures: Figures = json.loads(out.read_text())["results"]
    opening = OPENING.format(theirs=THEIRS, version=version(), where=where)
    table = markdown(("figure", THEIRS, OURS, "ratio", "wanted"), list(rows(figures)))
    RESULTS.write_text(f"{opening}\n{table}\n")
    print(f"{RESULTS} is written")
