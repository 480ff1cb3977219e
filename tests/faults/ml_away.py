#!/usr/bin/env python3
"""ml-service is away for a while under load: sensors are `blind`, not `normal`; readings are stored on time; the windows of
that time are judged afterwards.

    tests/faults/ml_away.py --seconds 60

Exit code 0 only if nothing was lost or doubled, every sensor was blind and no window of any sensor stayed without judgement.
"""

import argparse
import sys
import time

from plant import (Bridge, fault_stack, finish, flowing, free_ports, goes_on, health, ready_again, trained_models, verdict,
                   wait_for)
from load import Load, ledger_of, settled

RATE_HZ = 10
STRIDE_MS = 1000  # the demo model's window moves 10 rows, a second at this rate


def states(stack):
    return stack.get("ingestion", "/status")["states"]


def judged(stack, sensor_id, since_ms):
    """Window ends of a sensor, sorted."""
    return sorted(p["at"] for p in stack.all_predictions(f"sensor_id={sensor_id}&from={since_ms}"))


def away(stack, bridge, seconds, sensors):
    began_ms = int(time.time() * 1000)
    began = time.monotonic()
    bridge.down()
    wait_for("every sensor is blind", lambda: states(stack)["blind"] == sensors, 30)
    blind = time.monotonic() - began
    ready, reasons = health(stack)
    assert ready and "blind" in reasons["ml-service"], reasons  # it does its work: readings are stored
    stored = ledger_of(stack)["stored"]
    goes_on(stack, max(0, seconds - blind), int(0.8 * sensors * RATE_HZ * (seconds - blind)))
    assert ledger_of(stack)["stored"] - stored >= 0.7 * sensors * RATE_HZ * (seconds - blind), "not stored meanwhile"
    assert states(stack)["normal"] == 0, states(stack)
    queued = stack.get("ingestion", "/status")["ml"]["queued"]
    ended = time.monotonic()
    bridge.up()
    wait_for("no sensor is blind", lambda: states(stack)["blind"] == 0, 60)
    seeing = time.monotonic() - ended
    return {"began_ms": began_ms, "ended_ms": int(time.time() * 1000), "blind_after_s": round(blind, 2),
            "windows_waiting": queued, "reason": reasons["ml-service"], "judging_again_after_s": round(seeing, 2)}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--seconds", type=float, default=60)
    args.add_argument("--sensors", type=int, default=20)
    o = args.parse_args()
    ml_port = free_ports(1)[0]
    bridge = Bridge(ml_port)
    env = {"AAS_ML_PORT": ml_port, "AAS_ML_URL": f"http://127.0.0.1:{bridge.port}"}
    with fault_stack(models=trained_models(), **env) as stack:
        load = Load(stack, sensors=o.sensors, rate_hz=RATE_HZ, seconds=int(o.seconds + 30))
        wait_for("every sensor is judged",
                 lambda: states(stack)["normal"] + states(stack)["fault"] + states(stack)["unknown"] == o.sensors, 60)
        flowing(stack, 1)
        time_away = away(stack, bridge, o.seconds, o.sensors)
        published = load.counts(2 * o.seconds + 300)["acked"]
        settled(stack, published, 120)
        wait_for("no window waits", lambda: stack.get("ingestion", "/status")["ml"]["queued"] == 0, 60)
        ready_again(stack, 30)
        ok, result = verdict(stack, published)
        stack.login()
        sensors = [s["sensor_id"] for s in stack.get("ingestion", "/status?sensors=1")["sensors"]]
        expected = (time_away["ended_ms"] - time_away["began_ms"]) // STRIDE_MS - 1
        longest = 0
        for sensor in sensors:
            wait_for(f"the windows of {sensor}",
                     lambda s=sensor: len(judged(stack, s, time_away["began_ms"])) >= expected, 30)
            ends = judged(stack, sensor, time_away["began_ms"] - 5 * STRIDE_MS)
            longest = max([longest] + [b - a for a, b in zip(ends, ends[1:])])
    result |= time_away | {"longest_gap_between_judged_windows_ms": longest}
    return finish(ok and longest <= 2 * STRIDE_MS and len(sensors) == o.sensors, result)


if __name__ == "__main__":
    sys.exit(main())
