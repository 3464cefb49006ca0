"""A real server: pages and jobs, ended gently, ended by force, and refused."""

from __future__ import annotations

import builtins
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.application import LiveApplication
from core.errors import Busy, InvalidValue, NotConfigured, PendingMigrations
from core.extensions.switching import enable_plugin
from core.jobs import Job, enqueue, get_job
from core.web.server import serve
from tests.core.web.serving import PATIENCE, PLUGIN, ROOT, Server, fetch, is_answering
from tests.databases import TEST_KEY, make_config


class Site:
    """A database whose jobs a server works off, with a plugin whose job waits at a gate."""

    def __init__(self, live: LiveApplication, folder: Path) -> None:
        self.live = live
        self.gate = folder / "gate"
        self.environ = {
            "ENTREPOT_HOME": str(live.config.home),
            "ENTREPOT_DATABASE_URL": live.config.database_url,
            "ENTREPOT_SECRET_KEYS": TEST_KEY,
            "GATE": str(self.gate),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]),
        }
        self.servers: list[Server] = []
        os.mkfifo(self.gate)
        enable_plugin(live.current().plugin_host(), "patient", "test")

    def start(self, *arguments: str) -> Server:
        """Start a server."""
        self.servers.append(Server(self.environ, *arguments))
        return self.servers[-1]

    def close(self) -> None:
        """End what still runs."""
        for server in self.servers:
            server.close()

    def enqueue(self, name: str) -> int:
        """Enqueue a job of the plugin; its id."""
        with self.live.current().writing("test") as ctx:
            return enqueue(ctx, name)

    def job(self, job_id: int) -> Job:
        """The job as it is now."""
        with self.live.current().reading() as ctx:
            return get_job(ctx, job_id)

    def open_gate(self) -> None:
        """Let the job that waits go on."""
        writer = threading.Thread(target=self.gate.write_text, args=("opened",), daemon=True)
        writer.start()
        writer.join(PATIENCE)
        assert not writer.is_alive(), "no job waits at the gate"

    def wait_for(self, is_true: Callable[[], bool]) -> None:
        """Look again and again until it is so, or fail."""
        pause, left = threading.Event(), PATIENCE
        while not is_true():
            assert left > 0, "it never came"
            pause.wait(0.05)
            left -= 0.05


@pytest.fixture
def patient_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The plugin, installed in a folder on the import path; the folder."""
    folder = tmp_path / "site"
    metadata = folder / "patient-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "patient.py").write_text(PLUGIN)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: patient\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[entrepot.plugins]\npatient = patient:plugin\n")
    monkeypatch.syspath_prepend(folder)
    yield folder
    sys.modules.pop("patient", None)


@pytest.fixture
def site(live: LiveApplication, patient_plugin: Path) -> Iterator[Site]:
    """A site on each kind of database."""
    site = Site(live, patient_plugin)
    yield site
    site.close()


@pytest.fixture
def sqlite_site(sqlite_url: str, tmp_path: Path, patient_plugin: Path) -> Iterator[Site]:
    """A site, for what does not depend on the kind of database."""
    live = LiveApplication(make_config(tmp_path, sqlite_url))
    site = Site(live, patient_plugin)
    yield site
    site.close()
    live.close()


def test_it_answers_and_works_jobs_off_until_it_is_asked_to_stop(sqlite_site: Site) -> None:
    server = sqlite_site.start()
    url = server.url()
    status, page = fetch(url)
    assert (status, "Nobody can sign in yet." in page) == (200, True)
    job_id = sqlite_site.enqueue("patient.nothing")
    sqlite_site.wait_for(lambda: sqlite_site.job(job_id).state == "done")
    server.send(signal.SIGTERM)
    assert server.wait() == 0
    assert server.said == [f"Entrepot listens on {url}\n", "served to the end\n", "the caller goes on\n"]


def test_a_job_that_runs_is_finished_before_it_ends(site: Site) -> None:
    server = site.start()
    said = stop_amid_a_job(site, server, lambda: server.send(signal.SIGTERM))
    assert said == ["job ended: opened\n", "served to the end\n", "the caller goes on\n"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_every_process_of_it_does_the_same(sqlite_site: Site, number: signal.Signals) -> None:
    server = sqlite_site.start()
    said = stop_amid_a_job(sqlite_site, server, lambda: server.send_all(number))
    assert said == ["job ended: opened\n", "served to the end\n", "the caller goes on\n"]


def stop_amid_a_job(site: Site, server: Server, stop: Callable[[], None]) -> list[str]:
    """Ask a server to stop while a job runs, which is finished while no other is begun; its last words."""
    url = server.url()
    job_id = site.enqueue("patient.wait")
    server.expect("job started, attempt 1")
    stop()
    site.wait_for(lambda: not is_answering(url))
    later = site.enqueue("patient.nothing")
    assert server.process.poll() is None
    site.open_gate()
    assert server.wait() == 0
    job = site.job(job_id)
    assert (job.state, job.attempts) == ("done", 1)
    assert site.job(later).state == "queued"
    assert "Traceback" not in "".join(server.said)
    return server.said[-3:]


def test_what_was_running_when_it_was_killed_is_done_by_the_next_one(site: Site) -> None:
    first = site.start()
    first.url()
    job_id = site.enqueue("patient.wait")
    first.expect("job started, attempt 1")
    first.send_all(signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    second = site.start()
    second.expect("job started, attempt 2")
    site.open_gate()
    second.expect("job ended: opened")
    site.wait_for(lambda: site.job(job_id).state == "done")


def test_a_worker_process_that_dies_is_replaced(sqlite_site: Site) -> None:
    server = sqlite_site.start()
    url = server.url()
    job_id = sqlite_site.enqueue("patient.wait")
    server.expect("job started, attempt 1")
    (worker,) = children_of(server.process.pid)
    os.kill(worker, signal.SIGKILL)
    server.expect("job started, attempt 2")
    sqlite_site.open_gate()
    sqlite_site.wait_for(lambda: sqlite_site.job(job_id).state == "done")
    assert fetch(url)[0] == 200
    server.send(signal.SIGTERM)
    assert server.wait() == 0


def test_a_second_interrupt_ends_it_at_once(sqlite_site: Site) -> None:
    server = sqlite_site.start()
    url = server.url()
    job_id = sqlite_site.enqueue("patient.wait")
    server.expect("job started, attempt 1")
    server.send_all(signal.SIGINT)
    sqlite_site.wait_for(lambda: not is_answering(url))
    server.send_all(signal.SIGINT)
    assert server.wait() == 0
    assert "Traceback" not in "".join(server.said)
    assert sqlite_site.job(job_id).state == "running"


def test_the_addresses_of_this_machine_are_fine(sqlite_url: str, tmp_path: Path) -> None:
    environ = {
        "ENTREPOT_HOME": str(tmp_path), "ENTREPOT_DATABASE_URL": sqlite_url,
        "ENTREPOT_SECRET_KEYS": TEST_KEY, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    hosts = ["localhost", *(["::1"] if has_ipv6() else [])]
    for host in hosts:
        server = Server(environ, host)
        try:
            url = server.url()
            assert fetch(url)[0] == 200
            server.send(signal.SIGTERM)
            assert server.wait() == 0
        finally:
            server.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "", "127.0.0.1:80"])
def test_an_address_that_others_reach_is_refused(sqlite_url: str, tmp_path: Path, host: str) -> None:
    with pytest.raises(InvalidValue, match="is no address that Entrepot listens on") as caught:
        serve(make_config(tmp_path, sqlite_url), host, 0)
    assert caught.value.fields == {"host": ["is not a loopback address"]}


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_is_none_is_refused(sqlite_url: str, tmp_path: Path, port: int) -> None:
    with pytest.raises(InvalidValue, match="a port is a number from 0 to 65535"):
        serve(make_config(tmp_path, sqlite_url), port=port)


def test_a_port_that_is_in_use_is_one_plain_sentence(sqlite_url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            Busy, match=f"^port {port} is in use already: stop what listens there, or choose"
        ):
            serve(make_config(tmp_path, sqlite_url), port=port)


def test_a_database_that_is_not_upgraded_is_refused_before_anything_starts(tmp_path: Path) -> None:
    config = make_config(tmp_path, f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(PendingMigrations, match="entrepot db upgrade"):
        serve(config, port=0)


def test_without_gunicorn_it_names_the_extra(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.split(".")[0] == "gunicorn":
            raise ModuleNotFoundError("No module named 'gunicorn'", name="gunicorn")
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "core.web.hosting", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NotConfigured, match=r"pip install 'entrepot\[server\]'"):
        serve(make_config(tmp_path, sqlite_url), port=0)


def children_of(process: int) -> list[int]:
    """The processes that a process has forked and that live."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(child) for child in text.split()]


def has_ipv6() -> bool:
    """Whether this machine has an IPv6 loopback address."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
