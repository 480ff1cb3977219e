"""Files as a data scientist would make them, written with whatever scikit-learn, NumPy and XGBoost this Python has, and
beside them what this Python answers. Usage: make_model_files.py OUT_DIR. Prints one JSON line about the versions."""
import json
import os
import pickle
import sys

import joblib
import numpy as np
import sklearn
import xgboost
from sklearn.preprocessing import LabelEncoder, StandardScaler

OUT = sys.argv[1]
RNG = np.random.RandomState(7)
CLASSES = ["bearing_wear", "normal", "überhitzt"]


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def expected(obj):
    if isinstance(obj, LabelEncoder):
        return {"kind": "label_encoder", "classes": [str(c) for c in obj.classes_.tolist()]}
    n = obj.n_features_in_
    mean = obj.mean_.tolist() if obj.with_mean else [0.0] * n
    scale = obj.scale_.tolist() if obj.with_std else [1.0] * n
    return {"kind": "standard_scaler", "features": n, "mean": mean, "scale": scale}


def pickles():
    x = RNG.normal(size=(50, 6)) * 10.0 ** np.arange(-2, 4) + 3
    gaps = x.copy()
    gaps[3, 2] = np.nan  # n_samples_seen_ becomes an array
    objects = {
        "le_str": LabelEncoder().fit(np.array(CLASSES)),
        "le_object": LabelEncoder().fit(np.array(CLASSES, dtype=object)),
        "le_list": LabelEncoder().fit(CLASSES),
        "le_int": LabelEncoder().fit([3, 1, 2, -7]),
        "le_bool": LabelEncoder().fit([True, False]),
        "sc_f64": StandardScaler().fit(x),
        "sc_f32": StandardScaler().fit(x.astype(np.float32)),
        "sc_no_mean": StandardScaler(with_mean=False).fit(x),
        "sc_no_std": StandardScaler(with_std=False).fit(x),
        "sc_gaps": StandardScaler().fit(gaps),
        "sc_constant": StandardScaler().fit(np.ones((5, 2))),
        "sc_one": StandardScaler().fit(x[:, :1]),
        "sc_fortran": StandardScaler().fit(np.asfortranarray(x)),
    }
    try:
        import pandas

        objects["sc_frame"] = StandardScaler().fit(pandas.DataFrame(x, columns=[f"c{i}_mean" for i in range(6)]))
    except ImportError:
        pass
    want = {}
    for name, obj in objects.items():
        for protocol in (2, 3, 4, 5):
            file = f"{name}.p{protocol}.pkl"
            write(os.path.join(OUT, file), pickle.dumps(obj, protocol=protocol))
            want[file] = expected(obj)
        for file, how in ((f"{name}.joblib", {}), (f"{name}.z.joblib", {"compress": ("zlib", 3)}),
                          (f"{name}.gz.joblib", {"compress": ("gzip", 3)}), (f"{name}.p2.joblib", {"protocol": 2})):
            joblib.dump(obj, os.path.join(OUT, file), **how)
            want[file] = expected(obj)
    swapped = StandardScaler().fit(x)  # as a big-endian machine would have written it
    for attr in ("mean_", "scale_", "var_"):
        setattr(swapped, attr, getattr(swapped, attr).astype(">f8"))
    write(os.path.join(OUT, "sc_big_endian.pkl"), pickle.dumps(swapped, protocol=4))
    want["sc_big_endian.pkl"] = expected(swapped)
    with open(os.path.join(OUT, "pickles.json"), "w") as f:
        json.dump(want, f)


def model(name, classes, early=False, base=None, wrapper=True):
    n, cols = 600, 8
    y = RNG.randint(classes, size=n)
    x = RNG.normal(size=(n, cols)) * 10.0 ** (np.arange(cols) % 3) + (y[:, None] == np.arange(cols) % classes) * 2.0
    scaler = StandardScaler().fit(x)
    encoder = LabelEncoder().fit([f"class{k}" for k in range(classes)])
    z = scaler.transform(x)
    rows = x[:80].copy()
    rows[5:15, 3] = np.nan
    params = dict(n_estimators=30, max_depth=4, learning_rate=0.3, n_jobs=1, random_state=1)
    if base is not None:
        params["base_score"] = base
    if early:
        params.update(n_estimators=200, learning_rate=0.8)
        if int(xgboost.__version__.split(".")[0]) >= 2 or xgboost.__version__ >= "1.6":
            params["early_stopping_rounds"] = 3
    if wrapper:
        m = xgboost.XGBClassifier(**params)
        m.fit(z[:450], y[:450], **({"eval_set": [(z[450:], y[450:])], "verbose": False} if early else {}))
        p = m.predict_proba(scaler.transform(rows))
    else:
        d = xgboost.DMatrix(z, label=y, feature_names=[f"c{i}_mean" for i in range(cols)])
        how = {"objective": "multi:softprob", "num_class": classes} if classes > 2 else {"objective": "binary:logistic"}
        m = xgboost.train({**how, "max_depth": 3, "nthread": 1}, d, 20)
        p = m.predict(xgboost.DMatrix(scaler.transform(rows), feature_names=d.feature_names))
        if p.ndim == 1:
            p = np.stack([1 - p, p], axis=1)
    folder = os.path.join(OUT, "model_" + name)
    os.makedirs(folder)
    m.save_model(os.path.join(folder, "xgboost_anomaly_detector.json"))
    write(os.path.join(folder, "label_encoder.pkl"), pickle.dumps(encoder))
    if classes == 3:
        joblib.dump(scaler, os.path.join(folder, "feature_scaler.joblib"))
    else:
        write(os.path.join(folder, "feature_scaler.pkl"), pickle.dumps(scaler))
    with open(os.path.join(folder, "rows.json"), "w") as f:
        json.dump({"rows": [[None if np.isnan(v) else v for v in row] for row in rows.tolist()],
                   "probabilities": p.astype(float).tolist()}, f)


pickles()
model("multi", 4)
model("three", 3)
model("binary", 2)
model("binary_base", 2, base=0.25)
model("early", 4, early=True)
model("early_binary", 2, early=True)
model("booster", 3, wrapper=False)
model("booster_binary", 2, wrapper=False)
print(json.dumps({"sklearn": sklearn.__version__, "numpy": np.__version__, "xgboost": xgboost.__version__}))
