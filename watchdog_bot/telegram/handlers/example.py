"""An alert to look at before any real one came."""

from __future__ import annotations

from datetime import datetime, timedelta

from watchdog_bot.core.model import (
    Address,
    ChatKind,
    ClaimedDelivery,
    CountryReading,
    CountryScore,
    Delivery,
    DeliveryId,
    DeliveryState,
    Evidence,
    Post,
    PostId,
    Subscriber,
    SubscriberId,
    SubscriberState,
)


def example_delivery(post: Post | None, address: Address, kind: ChatKind, now: datetime) -> ClaimedDelivery:
    """A delivery of that post, or of an invented one, that is promised to nobody and never stored."""
    shown = post or _invented(now)
    evidence = tuple(Evidence("country", score.code, "", "title") for score in shown.countries.about[:1])
    delivery = Delivery(
        DeliveryId(0),
        shown.id,
        SubscriberId(0),
        DeliveryState.QUEUED,
        due_at=now,
        attempts=0,
        evidence=evidence,
    )
    subscriber = Subscriber(SubscriberId(0), address, kind, SubscriberState.ACTIVE)
    return ClaimedDelivery(delivery, shown, subscriber)


def _invented(now: datetime) -> Post:
    return Post(
        id=PostId(0),
        title="Court in Minsk opens the trial of a newspaper's editors",
        link=None,
        summary=(
            "Three editors of a closed weekly stand trial behind closed doors from Monday. Colleagues say the "
            "charges answer their reporting on detained protesters."
        ),
        content="",
        tags=(),
        language="en",
        published_at=now - timedelta(minutes=4),
        first_seen_at=now - timedelta(minutes=1),
        countries=CountryReading(about=(CountryScore("BY", 1.0),)),
        feed_name="An invented source",
    )
