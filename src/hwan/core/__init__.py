"""Nouns, columns, findings, errors and language: what every room speaks; imports nothing of ours."""

from hwan.core.battery import (
    CHEMISTRIES,
    Assembly,
    Attachment,
    Battery,
    BatteryType,
    BmsSnapshot,
    Identifier,
    Observation,
    ReferenceValue,
    chemistry_named,
)
from hwan.core.columns import BY_LABEL, COLUMNS, REQUIRED, SPECTRUM, Column, cell_column, machine_name, needed, raw_name
from hwan.core.decision import (
    Alternative,
    Assessment,
    Clause,
    DecisionRule,
    Grade,
    GradeClass,
    Limit,
    NextTest,
    Parameter,
    Requirement,
    Route,
    RouteName,
    Rule,
    RuleOutcome,
    Ruleset,
    StageChoice,
    Term,
)
from hwan.core.definitions import load_definition, packaged
from hwan.core.errors import (
    BadDefinition,
    ColumnProblem,
    DamagedFile,
    FormatNotRecognised,
    HwanError,
    InputError,
    MissingExtra,
    NothingInside,
    Problem,
    SeveralRecordings,
    UnknownName,
    UsageError,
)
from hwan.core.findings import Finding, Scalar, Severity, stops
from hwan.core.jsonio import from_json, from_plain, parse_toml, read_toml, to_json, to_plain
from hwan.core.language import LANGUAGES, format_date, format_number, format_percent, format_probability, text
from hwan.core.quantities import MEASURED, OBSERVED, Quantity, check_claims, check_observations, outside
from hwan.core.recording import (
    AccuracyClass,
    Deviation,
    Instrument,
    Mark,
    Protocol,
    Provenance,
    Recording,
    TapAccuracy,
    Test,
    recording_id,
)
from hwan.core.result import (
    CellFigure,
    CellVerdict,
    Conditions,
    Denominator,
    ErrorComponent,
    Evidence,
    Measurement,
    Quantile,
    Refusal,
    Validation,
)
from hwan.core.unknown import UNKNOWN, Unknown, is_known, known_or

__all__ = [
    "BY_LABEL", "CHEMISTRIES", "COLUMNS", "LANGUAGES", "MEASURED", "OBSERVED", "REQUIRED", "UNKNOWN",
    "AccuracyClass", "Alternative", "Assembly", "Assessment", "Attachment", "BadDefinition", "Battery",
    "BatteryType", "BmsSnapshot", "CellFigure", "CellVerdict", "Clause", "Column", "ColumnProblem", "Conditions",
    "DamagedFile", "DecisionRule", "Denominator", "Deviation", "ErrorComponent", "Evidence", "Finding",
    "FormatNotRecognised", "Grade", "GradeClass", "HwanError", "Identifier", "InputError", "Instrument", "Limit",
    "Mark", "Measurement", "MissingExtra", "NextTest", "NothingInside", "Observation", "Parameter", "Problem",
    "Protocol", "Provenance", "Quantile", "Quantity", "Recording", "ReferenceValue", "Refusal", "SPECTRUM",
    "Requirement", "Route", "RouteName", "Rule", "RuleOutcome", "Ruleset", "Scalar", "SeveralRecordings",
    "Severity", "StageChoice", "TapAccuracy", "Term", "Test", "Unknown", "UnknownName", "UsageError", "Validation",
    "cell_column", "check_claims", "check_observations", "chemistry_named", "format_date", "format_number",
    "format_percent", "format_probability", "from_json", "from_plain", "is_known", "known_or", "load_definition",
    "machine_name", "needed", "outside", "packaged", "parse_toml", "raw_name", "read_toml", "recording_id",
    "stops", "text", "to_json", "to_plain",
]  # fmt: skip
