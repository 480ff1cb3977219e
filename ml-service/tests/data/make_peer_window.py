#!/usr/bin/python3
"""Writes peer_window.json: windows and what the Python service in ../shared/peers answers to them. Run from
../shared/peers/python with Debian's python3-numpy, python3-sklearn, python3-xgboost."""

import json
import os
import pickle
import sys

import numpy as np
import xgboost as xgb

sys.path.insert(0, os.getcwd())
from features import extract  # noqa: E402
from train import synth  # noqa: E402

booster = xgb.Booster({"nthread": 1})
booster.load_model("model/xgboost_anomaly_detector.json")
with open("model/label_encoder.pkl", "rb") as f:
    classes = [str(c) for c in pickle.load(f).classes_]
with open("model/feature_scaler.pkl", "rb") as f:
    scaler = pickle.load(f)
mean, inverse = scaler.mean_.astype(np.float32), (1.0 / scaler.scale_).astype(np.float32)

windows, _ = synth(4, np.random.default_rng(77))
windows = np.round(windows, 4)
p = booster.inplace_predict((extract(windows) - mean) * inverse, validate_features=False)
cases = []
for i, w in enumerate(windows):
    k = int(p[i].argmax())
    v = [round(float(x), 9) for x in p[i]]
    cases.append(
        {
            "request": {"sensor_id": "s%04d" % i, "window": w.tolist()},
            "answer": {
                "sensor_id": "s%04d" % i,
                "fault": classes[k],
                "confidence": v[k],
                "probabilities": dict(zip(classes, v)),
            },
        }
    )
json.dump({"cases": cases}, open(sys.argv[1], "w"), separators=(",", ":"))
