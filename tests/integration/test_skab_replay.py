"""A public data set through the whole system: every row stored exactly once, and its windows predicted."""

import csv
import gzip
import sys
import unittest

from stack import DATA, Stack, stored_rows, wait_for

FILE = DATA / "skab" / "open" / "valve1_0.csv.gz"


def predicted(stack, expected):
    found = stack.all_predictions("sensor_id=skab-1")
    return found if len(found) >= expected else None


class SkabReplay(unittest.TestCase):
    def test_every_row_once_and_predicted(self):
        with gzip.open(FILE, "rt") as f:
            rows = list(csv.DictReader(f))
        with Stack() as stack:
            stack.login()
            stack.tool("aastreli-sim", "replay", FILE, "--sensor", "skab-1", "--speed", 50, "--time", "original")
            wait_for("all rows stored", lambda: stored_rows(stack.home, "skab-1")[0] >= len(rows), 30)
            self.assertEqual(stored_rows(stack.home, "skab-1"), (len(rows), len({r["timestamp"] for r in rows})))
            # one window a stride from the first full one on, whatever the demo model thinks of foreign channels
            window = next(iter(stack.get("ml", "/serving")["types"].values()))["window"]
            expected = (len(rows) - window["rows"]) // window["stride"] + 1
            found = wait_for("its windows predicted", lambda: predicted(stack, expected), 30)
            self.assertEqual({p["state"] for p in found} - {"blind"}, set(), "none of the model's channels is there")
            # again: what a sensor sends twice is a duplicate, not a second row
            stack.tool("aastreli-sim", "replay", FILE, "--sensor", "skab-1", "--speed", 0, "--time", "original")
            wait_for("duplicates counted",
                     lambda: stack.get("ingestion", "/status")["ledger"]["duplicate"] >= len(rows), 30)
            self.assertEqual(stored_rows(stack.home, "skab-1")[0], len(rows))


if __name__ == "__main__":
    if not FILE.exists():
        print(f"SKIPPED: {FILE} is not here (public data, see docs/DEVELOPMENT.md)")
        sys.exit(77)
    unittest.main(verbosity=2)
