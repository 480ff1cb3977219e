#!/usr/bin/env python3
"""kill -9 again and again under load, and whether anything was lost or doubled; prints the figures.

    tests/faults/kill_loop.py --kills 100 --readings-per-s 5000

Victims are mqtt-ingestion, ml-service and mosquitto in a random but seeded order. Exit code 0 only if published = stored +
quarantined, nothing stands twice and the ledger balances.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time

from plant import fault_stack  # first: it sets the path
from load import Load, balanced, ledger_of, rows_in_store, settled
from stack import wait_for

PORT_NAME = {"mqtt-ingestion": "ingestion", "ml-service": "ml", "mosquitto": "ingestion"}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--kills", type=int, default=100)
    args.add_argument("--readings-per-s", type=int, default=5000)
    args.add_argument("--pause", type=float, default=2.0, help="mean seconds between a recovery and the next kill")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--json", action="store_true")
    o = args.parse_args()
    rng = random.Random(o.seed)
    recovery = {name: [] for name in PORT_NAME}
    with fault_stack() as stack:
        seconds = int(o.kills * (o.pause + 3) + 10)
        load = Load(stack, sensors=o.readings_per_s // 10, rate_hz=10, seconds=seconds)
        for i in range(o.kills):
            victim = rng.choice(sorted(PORT_NAME))
            time.sleep(rng.uniform(0, 2 * o.pause))
            if not load.running():
                break
            pid = stack.pid(victim)
            connects = stack.get("ingestion", "/status")["broker"]["connects"]
            os.kill(pid, 9)
            killed = time.monotonic()
            wait_for(f"{victim} again", lambda: stack.pid(victim) != pid, 20, 0.01)
            wait_for(f"{victim} ready", lambda: stack.get(PORT_NAME[victim], "/health/ready"), 60, 0.02)
            if victim == "mosquitto":  # before it notices, ingestion still calls itself ready
                wait_for("a new connection to the broker",
                         lambda: stack.get("ingestion", "/status")["broker"]["connects"] > connects, 60, 0.02)
                wait_for("ingestion ready", lambda: stack.get("ingestion", "/health/ready"), 60, 0.02)
            recovery[victim].append(time.monotonic() - killed)
            print(f"{i + 1:4d} {victim:15s} ready after {recovery[victim][-1]:.2f} s", file=sys.stderr)
        published = load.counts(seconds + 300)["acked"]
        ledger = settled(stack, published - ledger_of(stack)["quarantined"], 300)
        rows, doubled = rows_in_store(stack)
    result = {
        "published": published, "stored_rows": rows, "doubled": doubled, "ledger": ledger,
        "recovery_s": {k: {"n": len(v), "median": round(statistics.median(v), 2), "max": round(max(v), 2)}
                       for k, v in recovery.items() if v},
    }
    print(json.dumps(result) if o.json else json.dumps(result, indent=2))
    ok = rows + ledger["quarantined"] == published and doubled == 0 and balanced(ledger) and ledger["dropped"] == 0
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
