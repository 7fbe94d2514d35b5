"""Health of a battery from its recordings: one private module per method, one public function each."""

from hwan.health._analysis import Analysis, analyse, voltage_step
from hwan.health._capacity import capacity, capacity_of, energy_of, largest_discharge_of
from hwan.health._cycles import cycles
from hwan.health._join import joined
from hwan.health._pack import PackResults, pack_of
from hwan.health._plausibility import plausibility_of
from hwan.health._ratios import efficiencies, efficiencies_of, retained, state_of_health
from hwan.health._resistance import TIMES_SECOND, dc_resistances, resistances_of
from hwan.health._sequences import sequences
from hwan.health._spread import spread_of
from hwan.health._steps import steps
from hwan.health._stream import StreamResult, resume_steps, stream_steps
from hwan.health._stream_state import state_from_bytes, state_to_bytes
from hwan.health._stream_whole import stream_recording
from hwan.health._uncertainty import PROBABILITIES, Figure

__all__ = [
    "PROBABILITIES",
    "TIMES_SECOND",
    "Analysis",
    "Figure",
    "PackResults",
    "StreamResult",
    "analyse",
    "capacity",
    "capacity_of",
    "cycles",
    "dc_resistances",
    "efficiencies",
    "efficiencies_of",
    "energy_of",
    "joined",
    "largest_discharge_of",
    "pack_of",
    "plausibility_of",
    "resistances_of",
    "resume_steps",
    "retained",
    "sequences",
    "spread_of",
    "state_from_bytes",
    "state_of_health",
    "state_to_bytes",
    "steps",
    "stream_recording",
    "stream_steps",
    "voltage_step",
]
