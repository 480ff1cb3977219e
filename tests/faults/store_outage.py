#!/usr/bin/env python3
"""The store is away for a while under load: readings are acknowledged into the log, all is said, all is caught up.

    tests/faults/store_outage.py --driver sqlite --seconds 120      another process holds the file's write lock
    tests/faults/store_outage.py --driver mongodb --seconds 120     MongoDB (a stand-in) hangs, then is gone altogether

Exit code 0 only if published = stored + quarantined, nothing stands twice and the ledger balances.
"""

import argparse
import contextlib
import sys
import time

from plant import (MongoStandIn, SqliteLock, fault_stack, finish, flowing, goes_on, nothing_running_died,
                   ready_again, trained_models, unready_because, verdict)
from load import Load, ledger_of, settled

RATE_HZ = 10


@contextlib.contextmanager
def hanging(mongo):
    mongo.hang()
    try:
        yield
    finally:
        mongo.wake()


@contextlib.contextmanager
def gone(mongo):
    mongo.stop()
    try:
        yield
    finally:
        mongo.start()


def outage(stack, name, fault, seconds, rate):
    """One outage; what it looked like."""
    before = ledger_of(stack)
    with fault:
        began = time.monotonic()
        reason = unready_because(stack, "store", 30)
        noticed = time.monotonic() - began
        stored = ledger_of(stack)["stored"]
        goes_on(stack, max(0, seconds - noticed), int(0.8 * rate * (seconds - noticed)))
        status = stack.get("ingestion", "/status")
        assert not status["store"]["ok"] and status["store"]["error"], status["store"]
        assert status["broker"]["state"] == "ready", status["broker"]
        assert status["ledger"]["stored"] == stored, "stored readings without a store"
        waiting = status["ledger"]["in_flight"]
        assert waiting >= 0.5 * rate * (seconds - noticed), status["ledger"]
    back = ready_again(stack, 60)
    return {"fault": name, "noticed_after_s": round(noticed, 1), "reason": reason, "stored_before": before["stored"],
            "in_the_log_at_its_end": waiting, "ready_after_s": round(back, 2)}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--driver", choices=("sqlite", "mongodb"), default="sqlite")
    args.add_argument("--seconds", type=float, default=120)
    args.add_argument("--readings-per-s", type=int, help="default 1000; on the stand-in, which is slow, 100")
    o = args.parse_args()
    mongo = MongoStandIn() if o.driver == "mongodb" else None
    rate = o.readings_per_s or (100 if mongo else 1000)
    env = {"AAS_STORE_URL": mongo.url} if mongo else {}
    outages = []
    try:
        with fault_stack(models=trained_models(), **env) as stack:
            pids = stack.run["pids"]
            load = Load(stack, sensors=rate // RATE_HZ, rate_hz=RATE_HZ,
                        seconds=int((2 if mongo else 1) * (o.seconds + 20)))
            unready = [("hangs", hanging(mongo)), ("is gone", gone(mongo))] if mongo else \
                [("write lock held", SqliteLock(stack))]
            for name, fault in unready:
                flowing(stack, rate)
                outages.append(outage(stack, name, fault, o.seconds, rate))
            published = load.counts(6 * o.seconds + 300)["acked"]
            ended = time.monotonic()
            settled(stack, published, 300)
            ok, result = verdict(stack, published, mongo.rows(stack) if mongo else None)
            nothing_running_died(stack, pids)
    finally:
        if mongo:
            mongo.stop()
    result |= {"driver": o.driver, "outages": outages, "settled_after_s": round(time.monotonic() - ended, 1)}
    return finish(ok, result)


if __name__ == "__main__":
    sys.exit(main())
