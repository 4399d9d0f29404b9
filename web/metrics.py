"""How the sources stand in, figures in Prometheus' text format out, made from the archive at each scrape.

This module alone knows what the figures are called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from store.database import SCHEMA
from store.health import Health
from store.run import Reply
from store.runs import Run
from web.standing import Standing, Watch

MEDIA_TYPE = "text/plain; version=0.0.4"
_STATES = ("unknown", *Health)
_TRAFFIC = ("requests", "bytes")  # what a run counts besides announcements

_Figures = Iterable[tuple[tuple[str, ...], float]]


def exposition(watch: Watch) -> bytes:
    """Return all figures, in UTF-8. Raises SQLAlchemyError."""
    registry = CollectorRegistry()
    registry.register(_Collected(watch))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def describe(self) -> Iterable[Metric]:
        return ()  # else the registry would collect all once more, for the names

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("zerowire_build", "The program.", {"version": version("zerowire"), "schema": SCHEMA})
        standings = self._watch.standings()
        yield from _of_sources(standings)
        yield from _of_runs([each.ended for each in standings if each.ended])
        kept = CounterMetricFamily("zerowire_announcements", "Announcements in the archive.", labels=("source",))
        yield _filled(kept, _single(self._watch.announcements()))
        yield _gauge("deliveries_waiting", "Deliveries to be sent.", "destination", self._watch.waiting())
        away = {host: until.timestamp() for host, until in self._watch.away().items()}
        yield _gauge("host_away_until_timestamp_seconds", "Until when a host is left alone.", "host", away)


def _of_sources(standings: Sequence[Standing]) -> Iterator[Metric]:
    health = GaugeMetricFamily("zerowire_source_health", "1 for the state it is in.", labels=("source", "state"))
    states = (
        ((each.source.name, state), state == (each.health or "unknown")) for each in standings for state in _STATES
    )
    yield _filled(health, states)
    overdue = {each.source.name: each.is_overdue for each in standings}
    yield _gauge("source_overdue", "1 where no run ended for so long that something is stuck.", "source", overdue)
    due = {each.source.name: each.due.timestamp() for each in standings if each.ended}
    yield _gauge("source_next_run_timestamp_seconds", "When it is asked next.", "source", due)
    good = [each.well for each in standings if each.well]
    yield _gauge("source_last_success_timestamp_seconds", "When its last good run ended.", "source", _ends(good))


def _of_runs(runs: Sequence[Run]) -> Iterator[Metric]:
    yield _gauge("source_last_run_timestamp_seconds", "When its last run ended.", "source", _ends(runs))
    pages = GaugeMetricFamily("zerowire_run_announcements", "What its last run did.", labels=("source", "outcome"))
    counts = [(run.source, name, count) for run in runs for name, count in run.counts.items()]
    yield _filled(pages, (((source, name), count) for source, name, count in counts if name not in (*_TRAFFIC, *Reply)))
    for name in _TRAFFIC:
        of_it = {source: count for source, counted, count in counts if counted == name}
        yield _gauge(f"run_{name}", f"The {name} of its last run.", "source", of_it)


def _ends(runs: Iterable[Run]) -> dict[str, float]:
    return {run.source: run.finished.timestamp() for run in runs if run.finished}


def _gauge(name: str, told: str, label: str, figures: Mapping[str, float]) -> Metric:
    return _filled(GaugeMetricFamily(f"zerowire_{name}", told, labels=(label,)), _single(figures))


def _single(figures: Mapping[str, float]) -> _Figures:
    return (((value,), figure) for value, figure in figures.items())


def _filled(family: GaugeMetricFamily | CounterMetricFamily, figures: _Figures) -> Metric:
    for labels, figure in figures:
        family.add_metric(labels, float(figure))
    return family
