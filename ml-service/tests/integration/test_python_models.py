"""Drop-ins made in this run by real scikit-learn and XGBoost of three generations: read as Python reads them, predicted
as Python predicts. Usage: test_python_models.py AASTRELI_MODEL MAKE_MODEL_FILES. Exit code 77: the packages can't be had.

The environments are kept outside the tree, in $AAS_TEST_CACHE or ~/.cache/aastreli."""
import hashlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import unittest
import zlib

MODEL, MAKER = sys.argv[1:3]
CACHE = os.environ.get("AAS_TEST_CACHE") or os.path.join(os.path.expanduser("~"), ".cache", "aastreli")
# without dependencies: XGBoost 2 and newer ask for GPU libraries that prediction on a CPU never loads
GENERATIONS = {
    "2022": ["numpy==1.24.4", "scipy==1.10.1", "scikit-learn==1.1.3", "joblib==1.2.0", "threadpoolctl==3.1.0",
             "xgboost==1.7.4"],
    "2024": ["numpy==2.0.2", "scipy==1.13.1", "scikit-learn==1.5.2", "joblib==1.4.2", "threadpoolctl==3.5.0",
             "xgboost==2.1.4"],
    "2026": ["numpy==2.4.6", "scipy==1.17.1", "scikit-learn==1.9.1", "joblib==1.6.0", "threadpoolctl==3.6.0",
             "narwhals==2.29.0", "cloudpickle==3.1.3", "xgboost==3.2.0"],
}


class Unavailable(Exception):
    pass


def environment(packages):
    """Python of an environment with exactly these packages, made at the first use."""
    key = hashlib.sha256("\n".join([sys.version, *packages]).encode()).hexdigest()[:16]
    place = os.path.join(CACHE, "venv-" + key)
    python = os.path.join(place, "bin", "python")
    if os.path.exists(python):
        return python
    os.makedirs(CACHE, exist_ok=True)
    fresh = tempfile.mkdtemp(prefix="making-", dir=CACHE)
    try:
        subprocess.run([sys.executable, "-m", "venv", fresh], check=True, capture_output=True)
        pip = subprocess.run([os.path.join(fresh, "bin", "python"), "-m", "pip", "install", "--quiet", "--no-deps",
                              "--only-binary=:all:", "--disable-pip-version-check", *packages],
                             capture_output=True, text=True)
        if pip.returncode != 0:
            raise Unavailable(pip.stderr.strip()[-400:])
        try:
            os.rename(fresh, place)
        except OSError:  # another run was faster
            pass
    except subprocess.CalledProcessError as e:
        raise Unavailable("python3 -m venv: " + e.stderr.decode(errors="replace")[-400:]) from e
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return python


def run(*args):
    return subprocess.run([MODEL, *args], capture_output=True, text=True, timeout=120)


def make(generation, folder):
    python = environment(GENERATIONS[generation])
    made = subprocess.run([python, MAKER, folder], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    if made.returncode != 0:
        raise AssertionError(made.stderr[-2000:])
    return json.loads(made.stdout.splitlines()[-1])


class Generation(unittest.TestCase):
    name = None

    @classmethod
    def setUpClass(cls):
        if cls.name is None:
            raise unittest.SkipTest("abstract")
        cls.folder = tempfile.mkdtemp(prefix="aas-models-")
        cls.versions = make(cls.name, cls.folder)
        print(cls.name, cls.versions, flush=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(getattr(cls, "folder", ""), ignore_errors=True)

    def test_pickles(self):
        with open(os.path.join(self.folder, "pickles.json")) as f:
            want = json.load(f)
        self.assertGreater(len(want), 100)
        for file, expected in want.items():
            with self.subTest(file=file):
                got = run("inspect", os.path.join(self.folder, file))
                self.assertEqual(got.returncode, 0, got.stderr)
                got = json.loads(got.stdout)
                self.assertEqual(got["sklearn"], self.versions["sklearn"])
                self.assertEqual(got["kind"], expected["kind"])
                for key in set(expected) - {"kind"}:
                    if key in ("mean", "scale"):
                        self.assertEqual(len(got[key]), len(expected[key]))
                        for a, b in zip(got[key], expected[key]):
                            self.assertLessEqual(abs(a - b), 1e-9 * max(1, abs(b)))
                    else:
                        self.assertEqual(got[key], expected[key])

    def test_models_predict_as_python_does(self):
        names = sorted(n for n in os.listdir(self.folder) if n.startswith("model_"))
        self.assertEqual(len(names), 8)
        for name in names:
            with self.subTest(model=name), tempfile.TemporaryDirectory() as out:
                folder = os.path.join(self.folder, name)
                done = run("import", folder, "--out", out)
                self.assertEqual(done.returncode, 0, done.stderr)
                version, rows = os.path.join(out, "versions", "v1"), os.path.join(folder, "rows.json")
                done = run("verify", version, "--rows", rows, "--tolerance", "1e-6", "--json")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                answer = json.loads(done.stdout)
                self.assertEqual((answer["rows"], answer["labels_equal"]), (80, 80))
                with open(rows) as f:
                    doc = json.load(f)
                doc["probabilities"][7][0] += 1e-4  # the comparison must be able to fail
                wrong = os.path.join(out, "wrong.json")
                with open(wrong, "w") as f:
                    json.dump(doc, f)
                self.assertEqual(run("verify", version, "--rows", wrong).returncode, 1)

    def test_names_make_a_schema(self):
        done = run("validate", os.path.join(self.folder, "model_booster"), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        self.assertRegex(answer["feature_hash"], "^[0-9a-f]{64}$")
        self.assertIn("assumption", answer["notes"][0])

    def test_parts_that_disagree(self):
        with tempfile.TemporaryDirectory() as folder:
            for file in os.listdir(os.path.join(self.folder, "model_multi")):
                shutil.copy(os.path.join(self.folder, "model_multi", file), folder)
            binary = os.path.join(self.folder, "model_binary")
            shutil.copy(os.path.join(binary, "label_encoder.pkl"), folder)
            done = run("validate", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn("the model tells 4 classes apart, the label encoder names 2", done.stderr)
            shutil.copy(os.path.join(binary, "feature_scaler.pkl"), os.path.join(folder, "label_encoder.pkl"))
            done = run("validate", folder)
            self.assertIn("holds a standard_scaler", done.stderr)


class Hostile(unittest.TestCase):
    def refuse(self, data, words):
        with tempfile.NamedTemporaryFile(suffix=".pkl") as f:
            f.write(data)
            f.flush()
            done = run("inspect", f.name)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(words, done.stderr)

    def test_pickles_that_would_run_something(self):
        class Evil:
            def __reduce__(self):
                return (os.system, ("touch /tmp/aas-owned",))

        for protocol in (2, 3, 4, 5):
            self.refuse(pickle.dumps(Evil(), protocol=protocol), "system: only LabelEncoder and StandardScaler")
            self.refuse(pickle.dumps({"classes_": Evil()}, protocol=protocol), "nothing is run")
        self.assertFalse(os.path.exists("/tmp/aas-owned"))

    def test_other_things(self):
        self.refuse(pickle.dumps([1, 2]), "neither a LabelEncoder nor a StandardScaler")
        self.refuse(pickle.dumps({"a": 1}, protocol=0), "not a pickle of protocol 2 to 5")
        self.refuse(pickle.dumps({"a": 1}, protocol=4)[:-4], "the file ends")
        self.refuse(b"", "not a pickle")
        self.refuse(zlib.compress(b"\0" * (100 << 20)), "too long when inflated")
        self.refuse(zlib.compress(b"nothing"), "no pickle in the compressed file")


def generation_tests():
    return [type("Generation" + name, (Generation,), {"name": name}) for name in GENERATIONS]


def main():
    suite = unittest.TestSuite()
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    suite.addTests(load(Hostile))
    try:
        for packages in GENERATIONS.values():
            environment(packages)
        for case in generation_tests():
            suite.addTests(load(case))
        missing = None
    except Unavailable as e:
        missing = str(e)
    good = unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful()
    if missing and good:
        print("SKIPPED: the Python packages can't be had:", missing, file=sys.stderr)
        return 77
    return 0 if good else 1


sys.exit(main())
