#!/usr/bin/env python3
"""Writes models of a new XGBoost with its own predictions, for the test of aas/xgb.h.

Run by hand in an environment with xgboost >= 3.1 and numpy:  python3 make_models.py
Each file: {"model": <the model's JSON>, "rows": [[...]], "predictions": [[...]], "margins": [[...]]}; missing is null.
"""
import json
import math
import pathlib

import numpy as np
import xgboost as xgb


def data(classes):
    rng = np.random.default_rng(7)
    x = rng.normal(0, 1, (300, 5)).astype(np.float32)
    x[rng.random(x.shape) < 0.05] = np.nan
    score = np.nan_to_num(x[:, 0]) + 0.5 * np.nan_to_num(x[:, 1] * x[:, 2])
    y = np.digitize(score, np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1] ** 1.7)).astype(float)
    return x, y, score


def write(name, params, classes, label_is_score=False):
    x, y, score = data(classes)
    matrix = xgb.DMatrix(x, label=score if label_is_score else y, feature_names=[f"ch_{i}" for i in range(5)])
    model = xgb.train({"max_depth": 3, "eta": 0.4, "seed": 1, "nthread": 1, **params}, matrix, 6)
    rows = xgb.DMatrix(x[:20], feature_names=[f"ch_{i}" for i in range(5)])
    shape = (20, -1)
    out = {
        "xgboost": xgb.__version__,
        "model": json.loads(bytes(model.save_raw("json"))),
        "rows": [[None if math.isnan(v) else float(v) for v in r] for r in x[:20]],
        "predictions": model.predict(rows).reshape(shape).astype(float).tolist(),
        "margins": model.predict(rows, output_margin=True).reshape(shape).astype(float).tolist(),
    }
    path = pathlib.Path(__file__).with_name(f"{name}.json")
    path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
    print(path.name, path.stat().st_size, out["model"]["learner"]["learner_model_param"]["base_score"])


write("softprob", {"objective": "multi:softprob", "num_class": 3}, 3)
write("logistic", {"objective": "binary:logistic"}, 2)
write("squarederror", {"objective": "reg:squarederror"}, 2, label_is_score=True)
