"""The whole system for tests: started by the very script behind `make run`, on free ports with a fresh AAS_HOME.

Every wait has a deadline. The stack ends by SIGTERM to the script, which stops its processes in order.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
BIN = pathlib.Path(os.environ.get("AAS_TEST_BIN_DIR", ROOT / "build" / "asan" / "bin"))
PORTS = ("AAS_MQTT_PORT", "AAS_ML_PORT", "AAS_INGEST_PORT", "AAS_BACKEND_PORT", "AAS_WEB_PORT")


def free_ports(n):
    """n ports that nobody listens on, taken together so that they differ."""
    sockets = []
    for _ in range(n):
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        sockets.append(s)
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_for(what, condition, timeout_s, interval_s=0.05):
    """Poll condition() until it gives something true, which is returned; fail naming `what` after timeout_s."""
    end = time.monotonic() + timeout_s
    last = None
    while time.monotonic() < end:
        try:
            value = condition()
            if value:
                return value
        except (OSError, urllib.error.URLError, ValueError, KeyError) as e:
            last = e
        time.sleep(interval_s)
    raise AssertionError(f"{what}: not within {timeout_s} s" + (f" (last: {last})" if last else ""))


class Stack:
    """One `make run`. Use as a context manager; `home` survives between two stacks when it is given."""

    def __init__(self, home=None, simulator=False, models=None, **env):
        self.own_home = home is None
        self.home = pathlib.Path(home or tempfile.mkdtemp(prefix="aas-stack-"))
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("AAS_")}
        self.env.update({name: str(port) for name, port in zip(PORTS, free_ports(len(PORTS)))})
        self.env.update(AAS_HOME=str(self.home), AAS_RUN_BIN_DIR=str(BIN), AAS_RUN_SIMULATOR="1" if simulator else "0")
        if models:
            self.env["AAS_MODELS_DIR"] = str(models)
        self.env.update({k: str(v) for k, v in env.items()})
        self.process = None
        self.token = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self.own_home and not os.environ.get("AAS_TEST_KEEP"):
            shutil.rmtree(self.home, ignore_errors=True)

    def start(self, timeout_s=180):
        self.log = open(self.home.parent / (self.home.name + ".log"), "ab")
        self.process = subprocess.Popen([ROOT / "shared/scripts/run.sh"], env=self.env, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)

        def ready():
            if self.process.poll() is not None:
                raise AssertionError("the stack ended while starting:\n" + self.output())
            return (self.home / "run.json").exists()

        began = time.monotonic()
        wait_for("run.json", ready, timeout_s)
        self.start_s = time.monotonic() - began
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        if self.process:
            self.log.close()
        return self.process.returncode if self.process else None

    def output(self):
        return (self.home.parent / (self.home.name + ".log")).read_text(errors="replace")

    @property
    def run(self):
        return json.loads((self.home / "run.json").read_text())

    def pid(self, service):
        return self.run["pids"][service]

    def get(self, service, path, **kw):
        return self.request(service, "GET", path, **kw)

    def post(self, service, path, body=None, **kw):
        return self.request(service, "POST", path, body, **kw)

    def request(self, service, method, path, body=None, timeout_s=10):
        """JSON in, JSON out; the backend's calls carry the admin's token. Raises urllib.error.HTTPError."""
        headers = {"Content-Type": "application/json"}
        if service == "backend" and self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.run[service] + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                text = answer.read()
        except urllib.error.HTTPError as e:
            with e:
                e.problem = e.read()
            raise
        return json.loads(text) if text else None

    def login(self):
        password = (self.home / "secrets" / "admin-password").read_text().strip()
        self.token = self.post("backend", "/auth/login", {"username": "admin", "password": password})["access_token"]
        return self

    def all_predictions(self, query):
        """Every page of GET /predictions."""
        items, cursor = [], ""
        while True:
            page = self.get("backend", f"/predictions?{query}&limit=500" + (f"&cursor={cursor}" if cursor else ""))
            items += page["items"]
            cursor = page["next"]
            if not cursor:
                return items

    def tool(self, name, *args, timeout_s=300, check=True):
        """Run one of the command-line tools against this stack; its standard output."""
        done = subprocess.run([BIN / name, *map(str, args)], env=self.env | {"AAS_MQTT_HOST": "127.0.0.1"},
                              capture_output=True, text=True, timeout=timeout_s)
        if check and done.returncode != 0:
            raise AssertionError(f"{name} {' '.join(map(str, args))} exited {done.returncode}:\n{done.stderr}")
        return done.stdout


def stored_rows(home, sensor_id):
    """(rows, distinct event times) of a sensor, counted in the store's own file by its documented tables."""
    import sqlite3

    db = sqlite3.connect(f"file:{home}/aastreli.db?mode=ro", uri=True)
    times = []
    for (doc,) in db.execute("SELECT doc FROM sensor_data WHERE sensor_id = ?", (sensor_id,)):
        times += bson_int_array(doc, b"t")
    db.close()
    return len(times), len(set(times))


def bson_int_array(doc, name):
    """The int64 array (or binary of int64) under a top-level key of a BSON document, by walking its elements."""
    import struct

    pos = 4
    while doc[pos]:
        kind = doc[pos]
        end = doc.index(b"\0", pos + 1)
        key, pos = doc[pos + 1:end], end + 1
        if kind in (0x03, 0x04):
            size = struct.unpack_from("<i", doc, pos)[0]
            if kind == 0x04 and key == name:
                return int_elements(doc[pos:pos + size])
        elif kind == 0x02:
            size = 4 + struct.unpack_from("<i", doc, pos)[0]
        elif kind == 0x05:
            size = 5 + struct.unpack_from("<i", doc, pos)[0]
        else:
            size = {0x01: 8, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x12: 8, 0x07: 12}[kind]
        pos += size
    return []


def int_elements(array):
    import struct

    values, pos = [], 4
    while array[pos]:
        kind = array[pos]
        pos = array.index(b"\0", pos + 1) + 1
        values.append(struct.unpack_from("<q" if kind in (0x09, 0x12) else "<i", array, pos)[0])
        pos += 8 if kind in (0x09, 0x12) else 4
    return values
