"""What /health and /metrics say. Numbers and names of parts only: nothing here can tell one person from another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from watchdog_bot.core.latency import HALF, NEARLY_ALL, Delays
from watchdog_bot.store.values import StoreStatus

# Prometheus text exposition format 0.0.4
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def health(
    beats: Mapping[str, datetime], now: datetime, *, wanted: Sequence[str], stale: float
) -> tuple[bool, str]:
    """Whether all wanted parts have given a sign of life within `stale` seconds, and the same as JSON."""
    parts = {}
    for name in wanted:
        last = beats.get(name)
        age = None if last is None else max(0.0, (now - last).total_seconds())
        parts[name] = {
            "ok": age is not None and age <= stale,
            "seconds_ago": None if age is None else round(age),
        }
    well = all(part["ok"] for part in parts.values())
    return well, json.dumps({"status": "ok" if well else "failing", "beats": parts}) + "\n"


def metrics(
    status: StoreStatus, now: datetime, extra: Mapping[str, int], *, delays: Sequence[Delays] = ()
) -> str:
    """The figures as Prometheus reads them; a name that ends in _total only grows. `extra`: further counters.

    `delays`: of the alerts of the last 24 hours, as a summary of two quantiles a leg.
    """
    gauges = {
        "feeds": status.feeds,
        "feeds_failing": status.failing_feeds,
        "posts": status.posts,
        "deliveries_queued": status.queued,
        "deliveries_sending": status.sending,
        "deliveries_doubtful": status.doubtful,
        "deliveries_dead": status.dead,
        "deliveries_sent_total": status.sent_total,
        "deliveries_doubts_total": status.doubts_total,
        "seconds_since_poll": _since(status.last_check_at, now),
        "seconds_since_delivery": _since(status.last_sent_at, now),
        **extra,
    }
    return "".join(
        f"# TYPE watchdog_{name} {'counter' if name.endswith('_total') else 'gauge'}\nwatchdog_{name} {value}\n"
        for name, value in gauges.items()
        if value is not None
    ) + _latency(delays)


def _latency(delays: Sequence[Delays]) -> str:
    lines = ["# TYPE watchdog_latency_seconds summary\n"] if delays else []
    for each in delays:
        for quantile, seconds in ((HALF, each.p50), (NEARLY_ALL, each.p95)):
            label = f'{{leg="{each.leg}",quantile="{quantile}"}}'
            lines.append(f"watchdog_latency_seconds{label} {seconds:.3f}\n")
    return "".join(lines)


def _since(last: datetime | None, now: datetime) -> int | None:
    return None if last is None else max(0, round((now - last).total_seconds()))
