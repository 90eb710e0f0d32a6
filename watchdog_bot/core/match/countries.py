"""Which countries a text is about, and which it mentions.

The road of a text: `country_scan` finds names, `country_rules` settles what each names, this module weighs.

1. A naming weighs what its line in the gazetteer says (a name 1, a people, capital or region less, a town,
   institution or leader less still), times where it stands: title 4, the first 300 characters 2, then 0.75, and
   0.4 beyond 1,500 characters, where newspapers keep the background. News is told from the top.
2. The country that is named first gets 3 more: a headline names what it is about before what it is related to.
3. A name that needs support counts only when the same country is named otherwise in the same text.
4. What the feed or a category tag says about the post counts as one naming in the title, and always as about.
5. About: the countries with at least 0.32 of the best one's weight; 0.25 is enough when the title names them.
   In a text of more than 2,000 characters it takes 0.5 and 0.4, for there many are named along the way. And such a
   text is about no country that is named in passing, were it the only one: without the title or the feed, the
   namings must weigh 1.5 by themselves, the bonus of rule 2 not counted. A place in the first 300 characters
   does, a lone name further down does not, nor do two of them.
6. Hong Kong has its own code and is China's: what is about Hong Kong and names China too is about both with the
   same weight, the state first. (So "main country only" means every country with the best weight.)
7. Mentions: those, and every country named by a noun. An adjective alone ("немецкая компания") describes a
   thing; it is no mention of the country. (English writes both alike, so there "German" is a mention.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from watchdog_bot.core.match import country_rules as rules
from watchdog_bot.core.match.country_scan import Found, Zone, scan
from watchdog_bot.core.match.gazetteer import Gazetteer
from watchdog_bot.core.match.tongue import SAMPLE, guess
from watchdog_bot.core.model import CountryEvidence, CountryReading, CountryScore

TITLE, LEAD, REST, FAR = 4.0, 2.0, 0.75, 0.4
LEAD_ENDS, FAR_BEGINS = 300, 1500  # characters
FIRST = 3.0
SHARE, TITLE_SHARE = 0.32, 0.25  # of the best country's weight
LONG, LONG_SHARE, LONG_TITLE_SHARE = 2000, 0.5, 0.4
PASSING = 1.5  # what namings must weigh in a long text to be more than passing
HINT = 4.0
LONGEST_TITLE, LONGEST_TEXT = 1_000, 50_000  # characters; what stands further back is not read
EVIDENCE_KEPT = 8  # namings a country, so that a long text does not fill the store
PAST = 0.5  # a leader or name no longer in force still tells the country, but less


@dataclass(slots=True)
class _Tally:
    """What speaks for one country."""

    code: str
    score: float = 0.0
    bonus: float = 0.0  # the part of the score that comes from being named first
    titled: bool = False  # named in the title
    hinted: bool = False  # told by the feed
    noun: bool = False
    evidence: list[CountryEvidence] = field(default_factory=list)

    def value(self) -> CountryScore:
        return CountryScore(
            self.code, round(self.score, 3), tuple(dict.fromkeys(self.evidence))[:EVIDENCE_KEPT]
        )


class CountryTagger:
    """Reads texts with one gazetteer. It holds no state between texts and may be shared by threads."""

    __slots__ = ("_gazetteer",)

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def read(
        self,
        title: str,
        text: str,
        *,
        language: str | None = None,
        hints: tuple[str, ...] = (),
        on: date | None = None,
    ) -> CountryReading:
        """What the text is about and what it mentions, best first.

        `language`: of the text (ISO 639-1) where the feed tells it. `hints`: codes that the feed or the post's
        tags stand for. `on`: when it was published; leaders out of office by then say less.
        """
        title, text = title[:LONGEST_TITLE], text[:LONGEST_TEXT]
        tongue = guess(f"{title} {text[:SAMPLE]}", language)
        zones = (
            scan(title, "title", self._gazetteer, tongue),
            scan(text, "text", self._gazetteer, tongue),
        )
        rules.settle(zones, hints, self._gazetteer)
        return _reading(_tallies(zones, hints, on), long=len(text) > LONG)


def _tallies(zones: Iterable[Zone], hints: tuple[str, ...], on: date | None) -> tuple[_Tally, ...]:
    tallies: dict[str, _Tally] = {}
    waiting: list[tuple[Zone, Found]] = []
    for zone in zones:
        for found in zone.found:
            if found.name.supported:
                waiting.append((zone, found))
            else:
                _count(tallies, zone, found, on)
    opening = _opening(zones, tallies)
    if opening is not None:
        opening.score += FIRST
        opening.bonus = FIRST
    known = frozenset(tallies) | frozenset(hints)
    for zone, found in waiting:
        if not known.isdisjoint(found.codes):
            _count(tallies, zone, found, on)
    for code in dict.fromkeys(hints):
        tally = tallies.setdefault(code, _Tally(code))
        tally.score += HINT
        tally.hinted = True
        tally.evidence.insert(0, CountryEvidence(surface=code, where="feed", kind="feed"))
    return tuple(sorted(tallies.values(), key=lambda tally: -tally.score))


def _count(tallies: dict[str, _Tally], zone: Zone, found: Found, on: date | None) -> None:
    name = found.name
    weight = name.weight * _place(zone, found) * found.factor
    if on is not None and not name.in_force(on):
        weight *= PAST
    for code in found.codes:
        tally = tallies.get(code)
        if tally is None:
            tally = tallies[code] = _Tally(code)
        tally.score += weight
        tally.titled |= zone.where == "title" and found.factor > 0
        tally.noun |= found.noun
        if len(tally.evidence) < 2 * EVIDENCE_KEPT:
            tally.evidence.append(CountryEvidence(found.text, zone.where, name.kind))


def _place(zone: Zone, found: Found) -> float:
    if zone.where == "title":
        return TITLE
    if found.start < LEAD_ENDS:
        return LEAD
    return REST if found.start < FAR_BEGINS else FAR


def _opening(zones: Iterable[Zone], tallies: Mapping[str, _Tally]) -> _Tally | None:
    """The tally of the first country named, in reading order."""
    for zone in zones:
        for found in zone.found:
            if found.codes and found.leads and found.factor and found.codes[0] in tallies:
                return tallies[found.codes[0]]
    return None


def _with_the_state(about: list[_Tally], tallies: tuple[_Tally, ...]) -> list[_Tally]:
    """Rule 6."""
    china = next((each for each in tallies if each.code == "CN"), None)
    if not about or about[0].code != "HK" or china is None:
        return about
    china.score = about[0].score
    return [china, *(each for each in about if each is not china)]


def _reading(tallies: tuple[_Tally, ...], *, long: bool) -> CountryReading:
    if not tallies:
        return CountryReading()
    shares = (LONG_SHARE, LONG_TITLE_SHARE) if long else (SHARE, TITLE_SHARE)
    least, least_titled = (share * tallies[0].score for share in shares)
    about = [
        each
        for each in tallies
        if each.hinted
        or (
            0 < each.score >= (least_titled if each.titled else least)
            and (each.titled or not long or each.score - each.bonus >= PASSING)
        )
    ]
    about = _with_the_state(about, tallies)
    mentions = [tally for tally in tallies if tally.noun or tally in about]
    return CountryReading(tuple(tally.value() for tally in about), tuple(tally.value() for tally in mentions))
