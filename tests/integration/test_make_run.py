"""What `make run` promises: ready with a trained model, the second start with the same data, clear errors, a clean end."""

import os
import socket
import tempfile
import unittest

from load import balanced, ledger_of
from stack import Stack, wait_for


class MakeRun(unittest.TestCase):
    def test_first_and_second_start(self):
        with tempfile.TemporaryDirectory(prefix="aas-run-") as home:
            first = Stack(home=home, simulator=True)
            with first:
                first.login()
                sensors = wait_for("eight sensors", lambda: len(first.get("backend", "/sensors")["items"]) >= 8, 30)
                self.assertTrue(sensors)
                wait_for("a prediction", lambda: first.get("backend", "/predictions?limit=1")["items"], 60)
                run = first.run
                self.assertEqual(set(run["pids"]), {"ml-service", "mqtt-ingestion", "backend-api", "frontend", "mosquitto",
                                                    "simulator"})
                self.assertTrue(os.path.isdir(run["models_current"]))
                before = len(first.all_predictions("limit=500"))
                secret = os.stat(os.path.join(home, "secrets", "admin-password"))
                self.assertEqual(secret.st_mode & 0o077, 0)
            self.assertEqual(first.process.returncode, 0, first.output())
            self.assertFalse(os.path.exists(os.path.join(home, "run.json")))

            with Stack(home=home, simulator=False) as second:
                second.login()
                self.assertGreaterEqual(len(second.all_predictions("limit=500")), before)
                self.assertTrue(balanced(ledger_of(second)), ledger_of(second))

    def test_a_killed_daemon_comes_back(self):
        with Stack() as stack:
            stack.login()
            for service in ("mqtt-ingestion", "ml-service", "backend-api", "frontend", "mosquitto"):
                pid = stack.pid(service)
                os.kill(pid, 9)
                wait_for(f"{service} again", lambda: stack.pid(service) != pid, 15)
            for service in ("ingestion", "ml", "backend"):
                wait_for(f"{service} ready", lambda: stack.get(service, "/health/ready"), 30)

    def test_a_taken_port_is_named_with_its_owner(self):
        taken = socket.socket()
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        stack = Stack(AAS_ML_PORT=port)
        with self.assertRaises(AssertionError):
            stack.start(timeout_s=30)
        stack.stop()
        output = stack.output()
        self.assertIn(f"port {port}", output)
        self.assertIn(f"pid {os.getpid()}", output)
        self.assertIn("AAS_ML_PORT", output)
        self.assertEqual(stack.process.returncode, 1)
        taken.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
