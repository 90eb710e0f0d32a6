"""What to say to a hub, and whether to believe what it says."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clock import START
from watchdog_bot.core.feeds import websub
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.feeds.websub import Ask, Confirmed, Forget, HubState, HubSubscription, Refused
from watchdog_bot.core.model import FeedId

WANTED = HubSubscription(
    id=1,
    feed_id=FeedId(7),
    hub="https://hub.example/",
    topic="https://source.example/feed",
    token="t0ken",
    public_url="https://bot.example",
    secret="s3cret",
    state=HubState.WANTED,
    act_at=START,
)
ASKED = replace(WANTED, state=HubState.ASKED, attempts=1)
ACTIVE = replace(WANTED, state=HubState.ACTIVE, lease_until=START + timedelta(days=10), trusted=True)
LEAVING = replace(ACTIVE, state=HubState.LEAVING)
QUESTION = {
    "hub.mode": "subscribe",
    "hub.topic": WANTED.topic,
    "hub.challenge": "abc",
    "hub.lease_seconds": "864000",
}

# --------------------------------------------------------------------------- asking


def test_it_asks_with_a_callback_a_secret_and_a_lease() -> None:
    step = websub.next_step(WANTED, START)
    assert isinstance(step, Ask)
    assert dict(step.form) == {
        "hub.callback": "https://bot.example/websub/t0ken",
        "hub.mode": "subscribe",
        "hub.topic": WANTED.topic,
        "hub.lease_seconds": "864000",
        "hub.secret": "s3cret",
    }
    assert step.after.state is HubState.ASKED


def test_neither_secret_nor_callback_is_shown_by_accident() -> None:
    step = websub.next_step(WANTED, START)
    assert "s3cret" not in repr(WANTED) + repr(step)
    assert "t0ken" not in repr(WANTED) + repr(step)


def test_a_hub_that_never_answers_is_asked_less_and_less_often_but_for_ever() -> None:
    subscription, now, waits = WANTED, START, []
    for _ in range(12):
        step = websub.next_step(subscription, now)
        assert isinstance(step, Ask)
        subscription = step.after
        waits.append((subscription.act_at - now).total_seconds() / 60)
        now = subscription.act_at
    assert waits == [15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440, 1440, 1440]


def test_a_renewal_keeps_the_subscription_active_while_the_lease_runs() -> None:
    step = websub.next_step(ACTIVE, START + timedelta(days=9))
    assert isinstance(step, Ask)
    assert (step.after.state, step.after.trusted) == (HubState.ACTIVE, True)


def test_a_lease_that_ran_out_ends_the_trust_and_is_asked_for_anew() -> None:
    step = websub.next_step(ACTIVE, START + timedelta(days=10))
    assert isinstance(step, Ask)
    assert (step.after.state, step.after.trusted) == (HubState.ASKED, False)


def test_a_hub_is_told_to_stop_a_few_times_and_then_forgotten() -> None:
    subscription, modes = LEAVING, []
    while isinstance(step := websub.next_step(subscription, START), Ask):
        modes.append(dict(step.form)["hub.mode"])
        subscription = step.after
    assert modes == ["unsubscribe"] * 3
    assert isinstance(step, Forget)


def test_a_hub_whose_lease_is_over_need_not_be_told() -> None:
    assert isinstance(websub.next_step(LEAVING, START + timedelta(days=11)), Forget)


def test_a_farewell_names_no_secret() -> None:
    step = websub.next_step(LEAVING, START)
    assert isinstance(step, Ask)
    assert "hub.secret" not in dict(step.form)


# --------------------------------------------------------------------------- being asked back


def test_what_was_asked_for_is_confirmed_with_the_challenge() -> None:
    answer = websub.answer(ASKED, QUESTION, START)
    assert isinstance(answer, Confirmed)
    assert answer.challenge == "abc"
    assert answer.after is not None
    assert (answer.after.state, answer.after.attempts) == (HubState.ACTIVE, 0)
    assert answer.after.lease_until == START + timedelta(days=10)


@pytest.mark.parametrize(
    ("lease", "hours"),
    [("864000", 216), ("3600", 0.9), ("", 216), ("-5", 216), ("1", 1 / 12), ("0", 1 / 12), ("9" * 40, 648)],
)
def test_a_lease_is_renewed_in_its_last_tenth_and_never_all_the_time(lease: str, hours: float) -> None:
    answer = websub.answer(ASKED, QUESTION | {"hub.lease_seconds": lease}, START)
    assert isinstance(answer, Confirmed)
    assert answer.after is not None
    assert answer.after.act_at == START + timedelta(hours=hours)


def test_a_callback_we_never_gave_is_gone() -> None:
    assert websub.answer(None, QUESTION, START) == Refused(410)


@pytest.mark.parametrize(
    ("subscription", "changed"),
    [
        (ASKED, {"hub.topic": "https://evil.example/feed"}),
        (ASKED, {"hub.topic": ""}),
        (ASKED, {"hub.mode": "unsubscribe"}),
        (ASKED, {"hub.mode": "publish"}),
        (ASKED, {"hub.mode": ""}),
        (ASKED, {"hub.challenge": ""}),
        (ASKED, {"hub.challenge": "x" * 3000}),
        (ACTIVE, {"hub.mode": "unsubscribe"}),
        (WANTED, {}),
        (LEAVING, {}),
    ],
)
def test_what_was_not_asked_for_is_not_found(subscription: HubSubscription, changed: dict[str, str]) -> None:
    assert websub.answer(subscription, QUESTION | changed, START) == Refused(404)


def test_a_farewell_is_confirmed_and_ends_it() -> None:
    question = QUESTION | {"hub.mode": "unsubscribe"}
    assert websub.answer(LEAVING, question, START) == Confirmed("abc", None)


def test_a_refusal_is_taken_with_its_reason_and_tried_again_tomorrow() -> None:
    question = {"hub.mode": "denied", "hub.topic": ACTIVE.topic, "hub.reason": "too\nmany\u202e" + "x" * 500}
    answer = websub.answer(ACTIVE, question, START)
    assert isinstance(answer, Confirmed)
    after = answer.after
    assert after is not None
    assert (after.state, after.trusted, after.act_at) == (HubState.WANTED, False, START + timedelta(days=1))
    assert after.cause is not None
    assert after.cause.startswith("the hub refused: toomanyx")
    assert len(after.cause) < 250
    assert websub.answer(LEAVING, question, START) == Confirmed("", None)
    silent = websub.answer(ACTIVE, question | {"hub.reason": ""}, START)
    assert isinstance(silent, Confirmed)
    assert silent.after is not None
    assert silent.after.cause == "the hub refused and gave no reason"


# --------------------------------------------------------------------------- signatures


@given(st.binary(max_size=200), st.sampled_from(["sha1", "sha256", "sha384", "sha512"]), st.booleans())
@settings(max_examples=30, deadline=None)
def test_every_method_of_the_recommendation_is_checked(body: bytes, method: str, shout: bool) -> None:
    right = hmac.new(b"s3cret", body, getattr(hashlib, method)).hexdigest()
    header = f"{method}={right.upper() if shout else right}"
    assert websub.is_signed(body, header, "s3cret")
    assert not websub.is_signed(body + b"!", header, "s3cret")
    assert not websub.is_signed(body, header, "other")


@pytest.mark.parametrize(
    "header",
    ["", "sha1=", "sha1", "md5=" + "0" * 32, "sha256=" + "0" * 64, "sha1=é" + "0" * 39, "ſha1=" + "0" * 40, "sha256=" + "z" * 64, "=" * 9],
)  # fmt: skip
def test_anything_but_a_right_signature_is_wrong(header: str) -> None:
    assert not websub.is_signed(b"body", header, "s3cret")


def test_a_signature_of_one_method_under_the_name_of_another_is_wrong() -> None:
    digest = hmac.new(b"s3cret", b"body", hashlib.sha1).hexdigest()
    assert not websub.is_signed(b"body", f"sha256={digest}", "s3cret")


@given(st.text(max_size=200))
@settings(max_examples=50, deadline=None)
def test_no_header_makes_the_check_raise(header: str) -> None:
    assert not websub.is_signed(b"body", header, "s3cret")


# --------------------------------------------------------------------------- discovery

HERE = "https://source.example/feed.xml"
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{}<entry><id>1</id><title>x</title>{}</entry></feed>'
RSS = '<rss xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>T</title>{}<item><title>x</title></item></channel></rss>'


@pytest.mark.parametrize(
    ("document", "topic"),
    [
        (ATOM.format('<link rel="self" href="https://source.example/self"/>', ""), "https://source.example/self"),
        (ATOM.format("<link href='/self?a=1&amp;b=2' rel='alternate self'/>", ""), "https://source.example/self?a=1&b=2"),
        (RSS.format('<atom:link rel="self"\n href="https://source.example/self"/>'), "https://source.example/self"),
        (ATOM.format('<link rel="hub" href="https://hub.example/"/>', ""), HERE),
        (ATOM.format("", '<link rel="self" href="https://source.example/entry"/>'), HERE),
        (ATOM.format('<link rel="self" href="javascript:alert(1)"/>', ""), HERE),
        (ATOM.format('<link rel="self"/>', ""), HERE),
        ('{"feed_url": "https:\\/\\/source.example/feed.json", "items": []}', "https://source.example/feed.json"),
        ('{"items": []}', HERE),
        ('{"feed_url": "\\ud8"}', HERE),
        ("", HERE),
    ],
)  # fmt: skip
def test_the_topic_is_the_documents_own_address_else_the_one_it_came_from(document: str, topic: str) -> None:
    assert websub.topic_of(document.encode(), HERE) == topic


def test_the_hub_itself_is_read_with_the_document() -> None:
    document = ATOM.format('<link rel="hub" href="https://hub.example/"/>', "")
    assert parse_document(document.encode(), url=HERE).hub == "https://hub.example/"


@given(st.binary(max_size=500))
@settings(max_examples=50, deadline=None)
def test_whatever_the_document_is_there_is_a_topic(body: bytes) -> None:
    assert websub.topic_of(b"{" + body, HERE).startswith("http")
    assert websub.topic_of(b"<link rel='self' href='" + body, HERE).startswith("http")


def test_a_head_made_to_be_slow_is_not() -> None:
    for part in (b"<link ", b"<link rel=" + b" " * 50, b'"feed_url":"' + b"\\" * 99, b"<a:"):
        assert websub.topic_of(part * 20_000, HERE) == HERE
