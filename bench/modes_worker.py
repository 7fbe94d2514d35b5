"""Run by a peer's own interpreter: fit the curves of an archive and print processor time and capacities as JSON.

The archive holds the half-cell tables (x, un, y, up), charge and voltage of some curves, and bounds.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")
Capacities = tuple[float, float]


def pyprobe(data, way: str):
    """Fit by PyProBE: its default, or differential evolution."""
    import polars as pl
    from pyprobe.analysis import degradation_mode_analysis as dma
    from pyprobe.result import Result

    positive = dma.OCP.from_data(data["y"], data["up"])
    negative = dma.OCP.from_data(data["x"], data["un"])
    options = {}
    if way == "evolution":
        options = {"optimizer": "differential_evolution", "optimizer_options": {"bounds": data["bounds"].tolist()}}

    def fit(charge, voltage) -> Capacities:
        frame = pl.DataFrame({"Capacity [Ah]": charge, "Voltage [V]": voltage}).lazy()
        found, _ = dma.run_ocv_curve_fit(Result(lf=frame, info={}), positive, negative, **options)
        return float(found.get("Anode Capacity [Ah]")[0]), float(found.get("Cathode Capacity [Ah]")[0])

    return fit


def pydma(data, way: str):
    """Fit by PyDMA's preset 'fast'."""
    from pydma import DMAAnalyzer, DMAConfig
    from pydma.electrodes.electrode import ElectrodeOCP

    def scaled(values):
        return (values - values[0]) / (values[-1] - values[0])

    negative = ElectrodeOCP(soc=scaled(data["x"]), voltage=data["un"], electrode_type="anode")
    positive = ElectrodeOCP(soc=scaled(data["y"]), voltage=data["up"][::-1], electrode_type="cathode")

    def fit(charge, voltage) -> Capacities:
        analyzer = DMAAnalyzer(config=DMAConfig(speed_preset=way), anode=negative, cathode=positive)
        found = analyzer.analyze(charge, voltage).fitted_params
        wide = (np.ptp(data["x"]), np.ptp(data["y"]))
        return charge[-1] * found.alpha_an / wide[0], charge[-1] * found.alpha_ca / wide[1]

    return fit


def ampworks(data, way: str):
    """Fit by ampworks: grid search, then its constrained fit, with all cost terms."""
    import pandas as pd
    from ampworks.dqdv import DqdvFitter

    def half(at, potential):
        part = slice(None, None, 10)
        return pd.DataFrame({"SOC": (at[part] - at[0]) / np.ptp(at), "Volts": potential[part]})

    negative, positive = half(data["x"], data["un"]), half(data["y"], data["up"])

    def fit(charge, voltage) -> Capacities:
        cell = pd.DataFrame({"SOC": charge / charge[-1], "Ah": charge, "Volts": voltage})
        fitter = DqdvFitter(neg=negative, pos=positive, cell=cell, cost_terms=way)
        found = fitter.constrained_fit(fitter.grid_search(11).x).x
        wide = (np.ptp(data["x"]), np.ptp(data["y"]))
        return charge[-1] / (found[1] - found[0]) / wide[0], charge[-1] / (found[3] - found[2]) / wide[1]

    return fit


PEERS = {"pyprobe": pyprobe, "pydma": pydma, "ampworks": ampworks}


def main(peer: str, way: str, archive: str) -> None:
    """Fit once unmeasured, so that no import counts, then all curves."""
    data = np.load(archive)
    fit = PEERS[peer](data, way)
    curves = list(zip(data["charge"], data["voltage"], strict=True))
    fit(*curves[0])
    begun = time.process_time()
    found = [fit(*each) for each in curves]
    spent = (time.process_time() - begun) / len(curves)
    print(json.dumps({"second": spent, "capacities": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
