"""A short text of a post: what the source itself says first. It never rewrites, and never cuts a word.

Lead sentences beat cleverer extraction on news, which is written as an inverted pyramid (See et al. 2017,
lead-3 on CNN/DailyMail), so the order is: the feed's own summary, else the first sentences of its text.
"""

from __future__ import annotations

import re

from watchdog_bot.core.text import cut, fold, utf16_length

DEFAULT_LIMIT = 300  # UTF-16 units

# "MOSCOW, 3 May (Agency) — ", "ALMATY -- ": where and when, which the alert's own lines say already.
_DATELINE = re.compile(
    r"^\s*[A-ZА-ЯЁІЇЄҐ][A-ZА-ЯЁІЇЄҐ .'’-]{2,30}(?:,[^—–.]{1,30})?(?:\([^)]{1,30}\))?\s*(?:—|–|--)\s+"
)
_BYLINE = re.compile(r"^\s*By [A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){1,3}\s*(?:\||—|–|-|,|\n)\s*")
_MORE = re.compile(
    r"\s*(?:\[(?:…|\.\.\.|&hellip;)\]"
    r"|(?:Read more|Continue reading|Читать далее|Подробнее|Читати далі)\b.{0,80}"
    r"|The post .{1,300} (?:appeared first on|first appeared on) .{1,120})\s*$",
    re.IGNORECASE,
)
_SHORTCODE = re.compile(
    r"\[/?[a-z]+_[a-z_]+[^\]]{0,500}(?:\]|$)"
)  # of WordPress page builders, left unrendered
_ENDED = re.compile(r"[.!?…։؟।:;\"»”’)\]]$")
_SENTENCE_END = re.compile(r"(?<=[.!?…։؟।])[\"»”’)]*\s+(?=[\"«“„(]*[^\W\d_a-zа-яё])")


def summary(*, title: str, summary: str, content: str, limit: int = DEFAULT_LIMIT) -> str:
    """At most `limit` UTF-16 units of plain text; empty when the source gives nothing beyond its title."""
    own, full = _without_title(_trimmed(summary), title), _without_title(_trimmed(content), title)
    if own and not _ENDED.search(own):  # the source cut its own summary off
        if fold(full).startswith(fold(own)[:60]):
            own = full
        elif utf16_length(own) < limit:
            own += "…"
    return _lead(own or full, limit)


def _trimmed(text: str) -> str:
    text = _MORE.sub("", " ".join(_SHORTCODE.sub(" ", text).split()))
    return _BYLINE.sub("", _DATELINE.sub("", text, count=1), count=1)


def _without_title(text: str, title: str) -> str:
    """Many feeds begin the summary with the title, which the reader has just read.

    Only where it stands by itself: a sentence that merely begins with the same words would lose its subject.
    """
    if not title or not fold(text).startswith(fold(title)):
        return text
    rest = text[len(title) :]
    by_itself = not rest.strip() or title.rstrip()[-1:] in ".!?…" or rest.lstrip()[:1] in ".:—–-|!?"
    return rest.lstrip(" .:—–-|!?") if by_itself else text


def _lead(text: str, limit: int) -> str:
    """Whole sentences where at least half of the room is used by them, else a cut at a word."""
    if utf16_length(text) <= limit:
        return text
    taken = ""
    for match in _SENTENCE_END.finditer(text):
        candidate = text[: match.start()].rstrip()
        if utf16_length(candidate) > limit:
            break
        taken = candidate
    return taken if utf16_length(taken) * 2 >= limit else cut(text, limit)
