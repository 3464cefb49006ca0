"""The command as a process of its own: status, streams, signals, pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.command_line import Entrepot

ROOT = Path(__file__).resolve().parents[3]


def environment(entrepot: Entrepot) -> dict[str, str]:
    """What the process sees."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ENTREPOT_")}
    return {**inherited, "PYTHONPATH": str(ROOT), **entrepot.environment}


def run(
    entrepot: Entrepot, *arguments: str, command: Sequence[str] = (sys.executable, "-m", "core.cli")
) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        [*command, *arguments],
        env=environment(entrepot),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@contextmanager
def started(entrepot: Entrepot, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command while it runs, in a process group of its own; what is left of it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "core.cli", *arguments],
        env=environment(entrepot),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def test_process_ends_with_its_status_and_separates_its_streams(entrepot: Entrepot) -> None:
    good = run(entrepot, "stores", "list", "--json")
    assert (good.returncode, good.stderr) == (0, "")
    assert [row["code"] for row in json.loads(good.stdout)] == ["default"]
    refused = run(entrepot, "orders", "show", "1")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "entrepot: there is no order '1'\n"
    wrong = run(entrepot, "orders", "show")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert len(wrong.stderr.splitlines()) == 1


def test_script_is_installed_and_does_the_same(entrepot: Entrepot) -> None:
    script = Path(sys.executable).with_name("entrepot")
    if not script.is_file():
        pytest.skip("the package is not installed in this environment")
    assert run(entrepot, "stores", "list", "--json", command=[str(script)]).returncode == 0
    assert run(entrepot, "nonsense", command=[str(script)]).returncode == 2


def test_whole_setup_works_from_nothing(new: Entrepot) -> None:
    assert "entrepot db upgrade" in run(new, "stores", "list").stderr
    assert run(new, "db", "upgrade").returncode == 0
    assert run(new, "doctor").returncode == 0


def test_reader_that_has_seen_enough_stops_it_quietly(
    entrepot: Entrepot, order: Callable[..., str]
) -> None:
    for _ in range(30):
        order(("MUG", 1), ("CUP", 1))
    with started(entrepot, "orders", "list", "--json") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(60) == 1


def test_output_that_cannot_be_written_is_told(entrepot: Entrepot) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this machine has no device that is always full")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "core.cli", "stores", "list"],
            env=environment(entrepot),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "entrepot: No space left on device\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_work_ends_gently_when_it_is_asked_to(entrepot: Entrepot, number: signal.Signals) -> None:
    with started(entrepot, "work") as process:
        wait_for_owner(entrepot.environment)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def wait_for_owner(environment: Mapping[str, str]) -> None:
    """Wait until a worker process has made its lock file, which it does as its last preparation."""
    folder = Path(environment["ENTREPOT_HOME"]) / "owners"
    event = threading.Event()
    for _ in range(600):
        if folder.is_dir() and list(folder.glob("*.lock")):
            return
        event.wait(0.05)
    pytest.fail("the worker did not start")


def test_work_until_idle_ends_when_nothing_is_due(entrepot: Entrepot, order: Callable[..., str]) -> None:
    order()
    done = run(entrepot, "work", "--until-idle")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_run_serves_until_it_is_interrupted(entrepot: Entrepot) -> None:
    with started(entrepot, "run", "--port", "0") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Entrepot listens on http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, ""), err


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com"])
def test_run_binds_to_loopback_unless_its_public_address_is_known(entrepot: Entrepot, host: str) -> None:
    told = entrepot.refused("run", "--host", host, "--port", "0")
    assert f"'{host}' is no address that Entrepot listens on: 127.0.0.1, localhost or ::1" in told
    assert "ENTREPOT_URL" in told


def test_command_loads_neither_web_framework_nor_http_client(entrepot: Entrepot) -> None:
    source = (
        "import sys; from core.cli.group import _run; from core.cli.context import CommandLine; "
        "status = _run(['amazon', 'orders'], CommandLine()); "
        "print(sorted({'flask', 'werkzeug', 'requests', 'urllib3', 'gunicorn'} & set(sys.modules)), status)"
    )
    done = run(entrepot, command=[sys.executable, "-c", source])
    assert done.stdout.splitlines()[-1] == "[] 0", done
