"""The stack as the fault tests need it: the dashboard's files are not under test and may not be built, and a model that is
trained once serves all stacks of a run."""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from stack import BIN, ROOT, Stack  # noqa: E402

SKIP = 77
kept = []


def scratch():
    """A directory that goes away with this process."""
    kept.append(tempfile.TemporaryDirectory(prefix="aas-faults-"))
    return pathlib.Path(kept[-1].name)


def trained_models():
    """A models directory with the demo model in it."""
    directory = scratch() / "models"
    (directory / "current").mkdir(parents=True)
    subprocess.run([BIN / "aastreli-model", "train", "--simulated", "--out", directory], check=True, timeout=180,
                   stdout=subprocess.DEVNULL)
    return directory


def fault_stack(home=None, models=None, **env):
    if not (ROOT / "frontend/web/dist/index.html").exists() and "AAS_WEB_ROOT" not in os.environ:
        page = scratch() / "index.html"
        page.write_text("<!doctype html><title>fault test</title>")
        env.setdefault("AAS_WEB_ROOT", page.parent)
    return Stack(home=home, models=models, **env)


def skip(why):
    print(f"SKIPPED: {why}", file=sys.stderr)
    sys.exit(SKIP)
