"""Which countries a text is about, and which it mentions.

The road of a text: `country_scan` finds names, `country_rules` settles what each names, this module weighs.

1. A naming weighs what its line in the gazetteer says (a name 1, a demonym, capital or region 0.8, a town,
   institution or leader 0.6), times where it stands: title 4, the first 350 characters 2, the rest 1.
2. A name that needs support counts only when the same country is named otherwise in the same text.
3. What the feed or a category tag says about the post counts as one naming in the title, and always as about.
4. About: the countries with at least 0.35 of the best one's weight, and every one named in the title.
5. Mentions: those, and every country named by a noun. An adjective alone ("a French company") describes a
   thing; it is no mention of the country.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from watchdog_bot.core.match import country_rules as rules
from watchdog_bot.core.match.country_scan import Found, Zone, scan
from watchdog_bot.core.match.gazetteer import Gazetteer
from watchdog_bot.core.model import CountryEvidence, CountryReading, CountryScore

TITLE, LEAD, REST = 4.0, 2.0, 1.0
LEAD_LENGTH = 350  # characters
SHARE = 0.35  # of the best country's weight
HINT = 4.0
EVIDENCE_KEPT = 8  # namings a country, so that a long text does not fill the store
PAST = 0.5  # a leader or name no longer in force still tells the country, but less


@dataclass(slots=True)
class _Tally:
    """What speaks for one country."""

    code: str
    score: float = 0.0
    titled: bool = False  # named in the title or by the feed
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
        zones = (
            scan(title, "title", self._gazetteer, language),
            scan(text, "text", self._gazetteer, language),
        )
        rules.settle(zones, hints, self._gazetteer)
        return _reading(_tallies(zones, hints, on))


def _tallies(zones: Iterable[Zone], hints: tuple[str, ...], on: date | None) -> tuple[_Tally, ...]:
    tallies: dict[str, _Tally] = {}
    waiting: list[tuple[Zone, Found]] = []
    for zone in zones:
        for found in zone.found:
            if found.name.supported:
                waiting.append((zone, found))
            else:
                _count(tallies, zone, found, on)
    known = frozenset(tallies) | frozenset(hints)
    for zone, found in waiting:
        if not known.isdisjoint(found.codes):
            _count(tallies, zone, found, on)
    for code in dict.fromkeys(hints):
        tally = tallies.setdefault(code, _Tally(code))
        tally.score += HINT
        tally.titled = True
        tally.evidence.insert(0, CountryEvidence(surface=code, where="feed", kind="feed"))
    return tuple(sorted(tallies.values(), key=lambda tally: -tally.score))


def _count(tallies: dict[str, _Tally], zone: Zone, found: Found, on: date | None) -> None:
    name = found.name
    place = TITLE if zone.where == "title" else LEAD if found.start < LEAD_LENGTH else REST
    weight = name.weight * place * found.factor
    if on is not None and not name.in_force(on):
        weight *= PAST
    for code in found.codes:
        tally = tallies.get(code)
        if tally is None:
            tally = tallies[code] = _Tally(code)
        tally.score += weight
        tally.titled |= zone.where == "title" and found.factor > 0
        tally.noun |= name.kind != "adjective"
        if len(tally.evidence) < 2 * EVIDENCE_KEPT:
            tally.evidence.append(CountryEvidence(found.text, zone.where, name.kind))


def _reading(tallies: tuple[_Tally, ...]) -> CountryReading:
    if not tallies:
        return CountryReading()
    least = max(SHARE * tallies[0].score, 1e-9)
    about = [tally for tally in tallies if tally.score >= least or tally.titled]
    mentions = [tally for tally in tallies if tally.noun or tally in about]
    return CountryReading(tuple(tally.value() for tally in about), tuple(tally.value() for tally in mentions))
