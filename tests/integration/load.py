"""A simulated plant as load, and the counts that must agree after it: what tests/integration and tests/faults share."""

import json
import sqlite3
import subprocess

from stack import BIN, bson_int_array, wait_for


class Load:
    """aastreli-sim publishing at QoS 1 for a while; counts() waits for its end."""

    def __init__(self, stack, sensors, rate_hz, seconds, seed=7):
        self.process = subprocess.Popen(
            [BIN / "aastreli-sim", "run", "--sensors", str(sensors), "--rate", str(rate_hz), "--seed", str(seed),
             "--duration", str(seconds), "--json"],
            env=stack.env | {"AAS_MQTT_HOST": "127.0.0.1"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def running(self):
        return self.process.poll() is None

    def counts(self, timeout_s=300):
        text = self.process.communicate(timeout=timeout_s)[0]
        counts = json.loads(text.strip().splitlines()[-1])
        assert counts["published"] == counts["acked"], counts
        return counts


def ledger_of(stack):
    """The ledger with `dropped` summed up."""
    ledger = dict(stack.get("ingestion", "/status")["ledger"])
    if isinstance(ledger["dropped"], dict):
        ledger["dropped"] = sum(ledger["dropped"].values())
    return ledger


def balanced(ledger):
    return ledger["received"] == (ledger["stored"] + ledger["duplicate"] + ledger["quarantined"] + ledger["dropped"] +
                                  ledger["in_flight"])


def settled(stack, published, timeout_s=120):
    """The ledger, once what was published has been stored and nothing is in flight."""
    def done():
        ledger = ledger_of(stack)
        return ledger if ledger["stored"] >= published and ledger["in_flight"] == 0 else None

    try:
        return wait_for(f"{published} readings stored", done, timeout_s, 0.2)
    except AssertionError as e:
        raise AssertionError(f"{e}; the ledger: {ledger_of(stack)}") from None


def rows_in_store(stack):
    """(rows, how many of them are a second copy of a sensor's time), counted in the store's own file."""
    db = sqlite3.connect(f"file:{stack.home}/aastreli.db?mode=ro", uri=True)
    seen, rows = set(), 0
    for sensor, doc in db.execute("SELECT sensor_id, doc FROM sensor_data"):
        for t in bson_int_array(doc, b"t"):
            seen.add((sensor, t))
            rows += 1
    db.close()
    return rows, rows - len(seen)
