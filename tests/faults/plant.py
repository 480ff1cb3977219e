"""The stack as the fault tests need it, what they ask it, and the faults themselves: a locked SQLite file, a MongoDB
stand-in that can be stopped, a way to ml-service that can be cut."""

import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from load import balanced, ledger_of, rows_in_store  # noqa: E402
from stack import BIN, ROOT, Stack, free_ports, wait_for  # noqa: E402

SKIP = 77
kept = []


def scratch():
    """A directory that goes away with this process."""
    kept.append(tempfile.TemporaryDirectory(prefix="aas-faults-"))
    return pathlib.Path(kept[-1].name)


def skip(why):
    print(f"SKIPPED: {why}", file=sys.stderr)
    sys.exit(SKIP)


def trained_models():
    """A models directory with the demo model in it."""
    directory = scratch() / "models"
    (directory / "current").mkdir(parents=True)
    subprocess.run([BIN / "aastreli-model", "train", "--simulated", "--out", directory], check=True, timeout=180,
                   stdout=subprocess.DEVNULL)
    return directory


def fault_stack(home=None, models=None, **env):
    """The dashboard's files are not under test and may not be built."""
    if not (ROOT / "frontend/web/dist/index.html").exists() and "AAS_WEB_ROOT" not in os.environ:
        page = scratch() / "index.html"
        page.write_text("<!doctype html><title>fault test</title>")
        env.setdefault("AAS_WEB_ROOT", page.parent)
    return Stack(home=home, models=models, **env)


def health(stack, service="ingestion"):
    """(ready?, {check: its reason, or None where it is fine})"""
    try:
        answer, ready = stack.get(service, "/health/ready"), True
    except urllib.error.HTTPError as e:
        if e.code != 503:
            raise
        answer, ready = json.loads(e.problem), False
    return ready, {c["name"]: None if c["ok"] else c["reason"] for c in answer["checks"]}


def unready_because(stack, check, timeout_s, service="ingestion"):
    """The reason, once readiness is refused for it."""
    def refused():
        ready, reasons = health(stack, service)
        return None if ready else reasons[check]

    return wait_for(f"{service} not ready because of {check}", refused, timeout_s)


def ready_again(stack, timeout_s, service="ingestion"):
    """Seconds until everything is fine."""
    began = time.monotonic()
    wait_for(f"{service} ready again", lambda: health(stack, service)[0], timeout_s)
    return time.monotonic() - began


def goes_on(stack, seconds, readings):
    """A fault lasts: at least so long, and until so many more readings were taken from the broker meanwhile."""
    end, goal = time.monotonic() + seconds, ledger_of(stack)["received"] + readings
    wait_for(f"{readings} readings acknowledged during the fault",
             lambda: time.monotonic() >= end and ledger_of(stack)["received"] >= goal, 3 * seconds + 60, 0.2)


def flowing(stack, more, timeout_s=120):
    """Wait until so many more readings are stored: all is well, and under load."""
    goal = ledger_of(stack)["stored"] + more
    wait_for(f"{more} more readings stored", lambda: ledger_of(stack)["stored"] >= goal, timeout_s)


def nothing_running_died(stack, pids):
    assert stack.run["pids"] == pids, f"processes ended: {pids} became {stack.run['pids']}"


def verdict(stack, published, rows=None):
    """The figures, and that they agree; call it when all has settled."""
    stored, doubled = rows or rows_in_store(stack)
    ledger = ledger_of(stack)
    result = {"published": published, "stored_rows": stored, "doubled": doubled, "ledger": ledger}
    ok = (stored + ledger["quarantined"] + ledger["dropped"] == published and doubled == 0 and balanced(ledger) and
          ledger["stored"] == stored and ledger["in_flight"] == 0 and ledger["imbalance"] == 0)
    return ok, result


def finish(ok, result):
    print(json.dumps(result, indent=2))
    if not ok:
        print("FAILED: the figures do not agree", file=sys.stderr)
    return 0 if ok else 1


class SqliteLock:
    """Another process writes for a long time: ours."""

    def __init__(self, stack):
        self.path = stack.home / "aastreli.db"

    def __enter__(self):
        self.db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
        self.db.execute("BEGIN EXCLUSIVE")
        return self

    def __exit__(self, *_):
        self.db.execute("ROLLBACK")
        self.db.close()


class MongoStandIn:
    """FerretDB as the store's contract tests build it; small data only. hang: it stops to answer; else it is gone."""

    def __init__(self):
        built = subprocess.run([ROOT / "shared/tests/contract/ferretdb/build.sh"], capture_output=True, text=True)
        if built.returncode == SKIP:
            skip(built.stderr.strip())
        self.program = built.stdout.strip()
        self.port = free_ports(1)[0]
        self.dir = scratch()
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.program, "-listen", f"127.0.0.1:{self.port}", "-dir", self.dir],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("the MongoDB stand-in", lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() or True,
                 30)

    @property
    def url(self):
        return f"mongodb://127.0.0.1:{self.port}/aastreli?retryWrites=false"

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)

    def wake(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.wake()
        self.process.terminate()
        self.process.wait(30)

    def rows(self, stack):
        """(rows, doubled) as an export tells them."""
        directory = scratch() / "export"
        stack.tool("aastreli-db", "--url", self.url, "export", directory)
        seen, rows = set(), 0
        for line in (directory / "sensor_data.jsonl").read_text().splitlines():
            doc = json.loads(line)
            for t in doc["t"]:
                seen.add((doc["sensor_id"], int(t["$numberLong"]) if isinstance(t, dict) else t))
                rows += 1
        return rows, rows - len(seen)


class Bridge:
    """TCP from a port of its own to another one of this machine, and it can be down: connections are refused then."""

    def __init__(self, target_port):
        self.target, self.port = target_port, free_ports(1)[0]
        self.listener, self.sockets = None, []
        self.up()

    def up(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(32)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def down(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for s in self.sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.sockets = []

    def accept(self, listener):
        while True:
            try:
                client = listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.target), 5)
            except ConnectionRefusedError:
                client.close()
                continue
            except OSError:
                return
            self.sockets += [client, server]
            threading.Thread(target=copy, args=(client, server), daemon=True).start()
            threading.Thread(target=copy, args=(server, client), daemon=True).start()


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
