"""How subscribers want to be alerted: their settings and the tempo of each subscription, and what follows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from watchdog_bot.core.hours import Standing, stand
from watchdog_bot.core.model import SubscriberId, SubscriptionId
from watchdog_bot.core.tempo import ChatSettings, Corrections, QuietMode, StoryAlerts, Tempo
from watchdog_bot.core.weekly import WEEK, next_due
from watchdog_bot.store import rows
from watchdog_bot.store.connection import writing
from watchdog_bot.store.line import enter
from watchdog_bot.store.rows import chunks, marks, moment, ms

HOUR_MS = 3_600_000
_DEFAULTS = asdict(ChatSettings())


@dataclass(slots=True)
class Wishes:
    """Of one subscriber that does not want everything at once."""

    settings: ChatSettings
    tempos: dict[SubscriptionId, Tempo] = field(default_factory=dict)
    last_hour: int = 0

    def stand(self, asking: Iterable[SubscriptionId], now: datetime) -> Standing:
        """How a new delivery stands that these subscriptions ask for; counts it."""
        tempos = [self.tempos.get(one, Tempo.INSTANT) for one in asking]
        standing = stand(tempos, self.settings, now, last_hour=self.last_hour)
        self.last_hour += not standing.held
        return standing


def wishes(db: Database, subscription_ids: Iterable[SubscriptionId], now: int) -> dict[SubscriberId, Wishes]:
    """The wishes of those whose subscriptions these are, where there are any."""
    found: dict[SubscriberId, Wishes] = {}
    for chunk in chunks(subscription_ids):
        for subscription_id, subscriber_id, tempo, settings in db.execute(
            f"""
            SELECT subscription.id, subscriber_id, tempo, settings FROM subscription
            JOIN subscriber ON subscriber.id = subscriber_id
            WHERE subscription.id IN ({marks(chunk)}) AND (tempo <> 'instant' OR settings <> '{{}}')
            """,  # noqa: S608 - only question marks
            chunk,
        ):
            mine = found.setdefault(subscriber_id, Wishes(unpack(settings)))
            mine.tempos[subscription_id] = Tempo(tempo)
    for subscriber_id, mine in found.items():
        if mine.settings.per_hour is not None:
            mine.last_hour = _last_hour(db, subscriber_id, now)
    return found


def settings(db: Database, subscriber_id: SubscriberId) -> ChatSettings:
    row = db.execute("SELECT settings FROM subscriber WHERE id = ?", [subscriber_id]).fetchone()
    return ChatSettings() if row is None else unpack(row[0])


def set_settings(db: Database, subscriber_id: SubscriberId, chosen: ChatSettings, now: datetime) -> bool:
    """From now on; what is held already is planned anew."""
    with writing(db):
        changed = db.execute(
            "UPDATE subscriber SET settings = ? WHERE id = ?", [pack(chosen), subscriber_id]
        ).rowcount
        _plan_anew(db, subscriber_id, now)
        _plan_note_anew(db, subscriber_id, chosen, now)
        return changed == 1


def _plan_note_anew(db: Database, subscriber_id: SubscriberId, chosen: ChatSettings, now: datetime) -> None:
    """The weekly note keeps its week and takes the new daily time; a note that is overdue waits for it as well."""
    found = db.execute("SELECT note_due_at FROM subscriber WHERE id = ?", [subscriber_id]).fetchone()
    if found is None or found[0] is None:
        return
    due = next_due(chosen, max(moment(found[0]) - WEEK, now - WEEK + timedelta(hours=12)))
    db.execute("UPDATE subscriber SET note_due_at = ? WHERE id = ?", [ms(due), subscriber_id])


def set_tempo(
    db: Database, subscription_id: SubscriptionId, subscriber_id: SubscriberId, tempo: Tempo, now: datetime
) -> bool:
    """Of one of the subscriber's own subscriptions; what is held already is planned anew."""
    with writing(db):
        changed = db.execute(
            "UPDATE subscription SET tempo = ? WHERE id = ? AND subscriber_id = ? AND deleted_at IS NULL",
            [tempo.value, subscription_id, subscriber_id],
        ).rowcount
        _plan_anew(db, subscriber_id, now)
        return changed == 1


def pack(chosen: ChatSettings) -> str:
    """Only what differs from the defaults, so that `{}` is everybody who never chose."""
    return rows.pack({name: value for name, value in asdict(chosen).items() if value != _DEFAULTS[name]})


def unpack(text: str) -> ChatSettings:
    if text == "{}":
        return ChatSettings()
    values: dict[str, Any] = json.loads(text)
    known = {name: value for name, value in values.items() if name in _DEFAULTS}
    if "quiet_mode" in known:
        known["quiet_mode"] = QuietMode(known["quiet_mode"])
    if "corrections" in known:
        known["corrections"] = Corrections(known["corrections"])
    if "stories" in known:
        known["stories"] = StoryAlerts(known["stories"])
    return ChatSettings(**known)


def _last_hour(db: Database, subscriber_id: SubscriberId, now: int) -> int:
    """Alerts of the last hour, and those that stand in line."""
    (sent,) = db.execute(
        "SELECT COUNT(*) FROM delivery WHERE subscriber_id = ? AND step IS NULL AND sent_at > ? AND fold = 0",
        [subscriber_id, now - HOUR_MS],
    ).fetchone()
    (waiting,) = db.execute(
        "SELECT COUNT(*) FROM delivery WHERE subscriber_id = ? AND step IN (0, 1, 2, 3) AND fold = 0",
        [subscriber_id],
    ).fetchone()
    total: int = sent + waiting
    return total


def _plan_anew(db: Database, subscriber_id: SubscriberId, now: datetime) -> None:
    held = db.execute(
        "SELECT id, subscriptions FROM delivery WHERE subscriber_id = ? AND step = 4 AND fold = 1 ORDER BY id",
        [subscriber_id],
    ).fetchall()
    if not held:
        return
    asking = {delivery_id: json.loads(text) for delivery_id, text in held}
    mine = wishes(db, {one for ids in asking.values() for one in ids}, ms(now)).get(subscriber_id)
    for delivery_id, ids in asking.items():
        standing = Standing(now) if mine is None else mine.stand(ids, now)
        if standing.held:
            db.execute("UPDATE delivery SET due_at = ? WHERE id = ?", [ms(standing.due_at), delivery_id])
            continue
        db.execute(
            "UPDATE delivery SET step = 2, fold = 0, due_at = ?, silent = ?, lane = ? WHERE id = ?",
            [ms(now), int(standing.silent), int(not standing.urgent), delivery_id],
        )
        enter(db, delivery_id, subscriber_id)
