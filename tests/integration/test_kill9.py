"""kill -9 under load: what was published is stored, once. A short run of what tests/faults does a hundred times."""

import os
import random
import unittest

from load import Load, balanced, rows_in_store, settled
from stack import Stack, wait_for


class KillNine(unittest.TestCase):
    def load_and_kill(self, service, kills):
        rng = random.Random(1)
        with Stack() as stack:
            load = Load(stack, sensors=200, rate_hz=10, seconds=12)
            for _ in range(kills):
                pid = stack.pid(service)
                wait_for("a moment under load", lambda: rng.random() < 0.05, 10)
                self.assertTrue(load.running())
                os.kill(pid, 9)
                wait_for(f"{service} again", lambda: stack.pid(service) != pid, 15)
                wait_for("ingestion ready", lambda: stack.get("ingestion", "/health/ready"), 30)
            published = load.counts()["acked"]
            ledger = settled(stack, published)
            self.assertEqual(rows_in_store(stack), (published, 0))
            self.assertEqual(ledger["stored"], published, ledger)
            self.assertTrue(balanced(ledger), ledger)
            self.assertEqual(ledger["dropped"], 0)

    def test_ingestion(self):
        self.load_and_kill("mqtt-ingestion", 3)

    def test_broker(self):
        self.load_and_kill("mosquitto", 2)

    def test_model_service(self):
        self.load_and_kill("ml-service", 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
