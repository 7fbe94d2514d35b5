"""The page about a calibration, in one string that needs nothing else."""

from __future__ import annotations

from datetime import datetime

from hwan import core
from hwan.health.rapid import ControlChart, control_chart
from hwan.report._calibration._entry import Calibration
from hwan.report._calibration._figures import calibration_figures, sigma_of
from hwan.report._calibration._tables import calibration_sections, population, protocol_words
from hwan.report._cards import Card
from hwan.report._palette import variables
from hwan.report._words import Words


def calibration_page(entry: Calibration, *, language: str = "en", made_at: datetime, hwan_version: str) -> str:
    """Return one HTML document about a calibration, with nothing outside it.

    Every figure is of rows whose cell was left out of the fit. Nothing is fetched, and a Content-Security-Policy
    forbids it; all text is escaped; the same input gives the same bytes.

    Parameters
    ----------
    entry
        The calibration, the limits and minutes to look at, and check cells.
    language
        ``en`` or ``ko``.
    made_at, hwan_version
        Shown at the foot; the clock is an argument.

    Raises
    ------
    MissingExtra
        When jinja2 or matplotlib is not installed (extra ``report``).
    UnknownName
        When `language` is not one of the languages.
    """
    from hwan.report._page import environment

    if language not in core.LANGUAGES:
        raise core.UnknownName("language", language, core.LANGUAGES)
    words, model = Words(language), entry.found.model
    chart = _chart(entry)
    return environment().get_template("calibration.html").render(
        words=words,
        title=words.ui("calibration_title"),
        name=model.id,
        facts=(population(model, words), protocol_words(model, words), _count(entry, words)),
        cards=_cards(entry, words),
        alarm=_alarm(chart, words),
        pictures=tuple(calibration_figures(entry, chart, words)),
        sections=calibration_sections(entry, chart, words),
        made=words.moment(made_at),
        version=hwan_version,
        origins=_origins(entry, words),
        meaning=words.ui("calibration_left_out"),
        light=variables(0),
        dark=variables(1),
    )  # fmt: skip


def _chart(entry: Calibration) -> ControlChart | None:
    checks = entry.checks
    if not checks:
        return None
    predicted, reference = [each.predicted for each in checks], [each.reference for each in checks]
    return control_chart(predicted, reference, max(sigma_of(entry), 1e-6))


def _count(entry: Calibration, words: Words) -> str:
    origin = entry.found.model.origin
    return words.ui("calibration_count", cells=origin.cells, rows=origin.rows)


def _cards(entry: Calibration, words: Words) -> tuple[Card, ...]:
    card, shown = entry.found.model.card, entry.found.model.bound(0.9).shown
    points = words.ui("points")
    percent = {name: f"{100 * value:.1f}" for name, value in card.items()}
    finer = {name: f"{100 * value:.2f}" for name, value in card.items()}
    error = words.ui("calibration_error_below", p95=finer["p95_absolute_error"], mean=finer["mean_predictor_error"])
    band = words.ui("calibration_band", low=percent["coverage_low"], high=percent["coverage_high"])
    score = words.ui("calibration_score", score=finer["interval_score"])
    status = words.ui("calibration_is_shown" if shown else "calibration_is_assumed")
    return (
        Card(words.ui("calibration_error"), finer["mean_absolute_error"], points, (error,)),
        Card(words.ui("calibration_coverage"), percent["coverage"], "%", (band,)),
        Card(
            words.ui("calibration_half_width"), finer["half_width"], points,
            (words.ui("calibration_status", status=status), score),
            "passed" if shown else "uncertain",
        ),
    )  # fmt: skip


def _alarm(chart: ControlChart | None, words: Words) -> str:
    """Return what the last check cell says, where it says that something is wrong."""
    if chart is None or chart.signal == "in_control":
        return ""
    return words.ui("calibration_alarm_sentence", signal=words.ui(f"signal_{chart.signal}"))


def _origins(entry: Calibration, words: Words) -> list[tuple[str, str, str]]:
    model, rules, stages = entry.found.model, entry.ruleset, entry.stages
    return [
        (words.ui("rapid_model"), model.id, model.sha256),
        (words.ui("ruleset"), rules.id, rules.sha256),
        (words.ui("calibration_stages"), stages.id, stages.sha256),
    ]
