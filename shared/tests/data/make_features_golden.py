#!/usr/bin/env python3
"""Writes features_golden.json: windows, and the statistics that NumPy and SciPy give for them.

Run by hand when a statistic is added; the result is committed:  python3 make_features_golden.py > features_golden.json
Missing values are null. A statistic is null where it must be NaN.
"""
import json
import math
import sys

import numpy as np
from scipy import stats

TINY = 1e-12
BANDS = 4


def floor(x):
    return max(float(x), TINY)


def bands(x, n):
    if len(x) != n or n < 16:
        return [math.nan] * BANDS
    power = np.abs(np.fft.rfft(x - x.mean())) ** 2 / n**2
    power[1:] *= 2
    if n % 2 == 0:
        power[-1] /= 2
    bins = n // 2
    energy = [0.0] * BANDS
    for k in range(1, bins + 1):
        energy[(k - 1) * BANDS // bins] += float(power[k])
    return energy


def statistics(window):
    w = np.array(window, float)
    n = len(w)
    i = np.arange(n)[~np.isnan(w)]
    x = w[~np.isnan(w)]
    names = ["mean", "std", "min", "max", "range", "median", "rms", "slope", "last", "mean_abs_diff", "skew",
             "kurtosis", "kurtosis_excess", "crest", "lag1_autocorr"] + [f"band_energy_{b + 1}" for b in range(BANDS)] + ["shift"]
    if len(x) == 0:
        return dict.fromkeys(names, math.nan)
    d = x - x.mean()
    m2 = float(np.mean(d**2))
    rms = float(np.sqrt(np.mean(x**2)))
    two = len(x) >= 2
    spread = m2**1.5 > TINY and m2**2 > TINY  # else the stated rule for small denominators holds, not SciPy's
    kurtosis = stats.kurtosis(x, fisher=False) if spread else np.mean(d**4) / floor(m2 * m2)
    out = {
        "mean": np.mean(x),
        "std": np.std(x),
        "min": np.min(x),
        "max": np.max(x),
        "range": np.ptp(x),
        "median": np.median(x),
        "rms": rms,
        "slope": np.polyfit(i, x, 1)[0] if two else math.nan,
        "last": x[-1],
        "mean_abs_diff": np.mean(np.abs(np.diff(x))) if two else math.nan,
        "skew": stats.skew(x) if spread else np.mean(d**3) / floor(m2**1.5),
        "kurtosis": kurtosis,
        "kurtosis_excess": kurtosis - 3,
        "crest": np.max(np.abs(x)) / floor(rms),
        "lag1_autocorr": np.sum(d[1:] * d[:-1]) / floor(np.sum(d * d)) if two else math.nan,
    }
    for b, energy in enumerate(bands(x, n)):
        out[f"band_energy_{b + 1}"] = energy
    ends = [w[n - n // 4:], w[:n // 4]]
    out["shift"] = np.nanmean(ends[0]) - np.nanmean(ends[1]) if all(np.any(~np.isnan(e)) for e in ends) else math.nan
    return {k: float(v) for k, v in out.items()}


def cases():
    rng = np.random.default_rng(20250101)
    yield "normal_60", rng.normal(5, 2, 60)
    yield "normal_61", rng.normal(-3, 0.1, 61)
    yield "lognormal_60", rng.lognormal(0, 1, 60)
    yield "large_offset", 1e5 + rng.normal(0, 1, 60)
    yield "tiny_scale", rng.normal(0, 1e-4, 60)
    yield "ramp", np.arange(60) * 0.25 + 3
    yield "sine", np.sin(2 * np.pi * 7 * np.arange(64) / 64) * 3 + 1
    yield "negative_peak", np.where(np.arange(30) == 11, -40.0, rng.normal(0, 1, 30))
    yield "constant", np.full(60, 4.2)
    yield "zeros", np.zeros(20)
    yield "two_levels", np.repeat([1.0, 2.0], 30)
    yield "ties", rng.integers(0, 4, 60).astype(float)
    holes = rng.normal(10, 3, 60)
    holes[rng.random(60) < 0.3] = np.nan
    yield "holes", holes
    edge = rng.normal(0, 1, 60)
    edge[:7] = np.nan
    edge[-5:] = np.nan
    yield "missing_ends", edge
    one = np.full(60, np.nan)
    one[40] = 2.5
    yield "one_value", one
    pair = np.full(60, np.nan)
    pair[[3, 50]] = [1.0, 4.0]
    yield "two_values", pair
    yield "all_missing", np.full(12, np.nan)
    yield "n_1", np.array([7.0])
    yield "n_2", np.array([7.0, 3.0])
    yield "n_3", np.array([1.0, 5.0, 2.0])
    yield "n_15_no_bands", rng.normal(0, 1, 15)
    yield "n_16_bands", rng.normal(0, 1, 16)
    yield "n_17_bands", rng.normal(0, 1, 17)
    yield "n_300", rng.normal(100, 20, 300)


def clean(v):
    return None if math.isnan(v) else v


def main():
    out = [{"name": name, "window": [clean(float(v)) for v in w],
            "expected": {k: clean(v) for k, v in statistics(w).items()}} for name, w in cases()]
    lines = ",\n".join(json.dumps(case) for case in out)
    sys.stdout.write("[\n" + lines + "\n]\n")


if __name__ == "__main__":
    main()
