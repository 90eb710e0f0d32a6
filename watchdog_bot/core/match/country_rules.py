"""What a name found in a text means there: the rules, each with its reason.

1. **Longest match, with blocking phrases** (done by the scan; phrases of kind `block` are in the gazetteer).
   "New Mexico" is not Mexico, "Papua New Guinea" not Guinea; "Latin American", "Washington Post", "Vienna
   Convention", "Paris Hilton" name no country at all.
2. **Case** (done by the scan). In most languages a country has a capital letter; "turkey", "us", "chad" do not.
   In ALL CAPS a capital says nothing, so words of up to three letters and names of case `mid` are left out there.
   Slavic adjectives and peoples are small-lettered and are marked so (`any`).
3. **Support** (done by the weighing). Small towns, towns that are words or surnames, ambiguous acronyms count
   only when the same country is named otherwise.
4. **Place, place.** "Moscow, Idaho" is in the second: after a comma a US state (also "Ga." or "ID"), a Canadian
   province and the like decide; a country decides over a town, unless a list goes on.
5. **Persons.** A place after a first name is a surname (Jack London, Michael Jordan), and one of the names that
   people bear before a capitalised word that is no office or institution is a first name (Jordan Peterson). Towns
   in need of support are dropped beside any capitalised word. Headlines In Title Case and ALL CAPS are not judged.
6. **Seats.** "New York-based watchdog", "based in London": where an organisation sits says nothing of what the
   text is about. It stays a mention.
7. **Datelines.** An agency's dateline, with a date or the agency's name ("LONDON, March 11 -", "KINSHASA (Reuters)
   -"), says where the story happened and counts 2.5 times. A bare one ("PRAGUE -- A court in Isfahan…") says where
   the reporter's desk is and counts half.
8. **Persons of a people.** "Belgian reporter held in Bangkok": the nationality of a person says less of where it
   happened than a place does; a people's name before a word for a person, or counted ("four Iranians"), counts 0.4,
   in a title 0.7 (there it is what the story is told for).
9. **Where it happened.** A name after "in", "near", "across" counts a quarter more.
10. **Georgia** is the US state when the text speaks of the United States' inside (Atlanta, governor, sheriff, other
   states) and of nothing in the Caucasus.
11. **Congo** alone is the Democratic Republic, the larger and more often meant, unless the text names the other.
12. **Korea** alone is the South, unless the text names only the North.
13. **Namesakes.** "Birmingham police: Alabama family sues": a town that has a well-known namesake in a state is the
   namesake when the text names that state and nothing else of the other country.
14. **Speakers.** "U.S. condemns arrests in Belarus": a state that condemns or urges is not where it happened; in a
   title it counts 0.7 and does not open the story. One that arrests, jails or charges is: there it counts 1.5.
15. **Benin** is Benin City where the text names Nigeria and nothing else of Benin.
16. **Languages.** "In English and German.", "the German language", "Russian-speaking", "украинский язык": a language is
   no country. Before a noun it is one again ("in Russian custody").
17. **Regions.** "Київська область", "Пермский край": with the word for a region an adjective is the region's name, and
   names its country as a noun does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from watchdog_bot.core.match.country_namesakes import settle_namesakes
from watchdog_bot.core.match.country_scan import Found, Zone
from watchdog_bot.core.match.gazetteer import Gazetteer

PLACES = frozenset({"capital", "city", "town", "region"})
AGENCY_DATELINE, BARE_DATELINE = 2.5, 0.5
PERSON, PERSON_IN_TITLE, WHERE, SPEAKER, ACTOR = 0.4, 0.7, 1.25, 0.7, 1.5


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_POSTAL = _words(
    """
    AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC
    ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY
    """
)
_STATE_AFTER = re.compile(
    r",\s(?:(?P<postal>[A-Z]{2})\b|Ala\.|Ariz\.|Ark\.|Calif\.|Colo\.|Conn\.|Del\.|Fla\.|Ga\.|Ill\.|Ind\.|Kan\.|Ky\.|La\.|Mass\.|"
    r"Md\.|Mich\.|Minn\.|Miss\.|Mo\.|Mont\.|N\.\s?[CDHJMY]\.|Neb\.|Nev\.|Okla\.|Ore\.|Pa\.|R\.\s?I\.|S\.\s?[CD]\.|Tenn\.|Tex\.|"
    r"Va\.|Vt\.|W\.\s?Va\.|Wash\.|Wis\.|Wyo\.|D\.\s?C\.)"
)
_LIST_AFTER = re.compile(r",? (?:and|or|&|и|та|й) ")
_CLOSED_AFTER = re.compile(r"[,:;.)]|\s*$|\s[-–—(]")
_OF_STATES = frozenset({"US", "CA", "AU", "MX", "BR", "IN"})  # places there are named with their state
_BASED_AFTER = re.compile(r"[-‐–\s](?:based|headquartered|registered|listed|domiciled)\b", re.IGNORECASE)
_BASED_BEFORE = re.compile(
    r"(?:based|headquartered|registered|headquarters|offices?) (?:in|at) (?:the )?$", re.IGNORECASE
)
_SEATED = ("ased", "ASED", "eadquarter", "EADQUARTER", "egistered", "isted", "omiciled", "ffice")
_PREVIOUS = re.compile(r"([^\W\d_]+)\.? $")
_FOLLOWING = re.compile(r" ([^\W\d_]+)")
_CAPITAL_NEXT = re.compile(
    r" (?:[A-Z]\. )?(?:(?:van|von|de|del|da|bin|al|el|аль|эль)[ -])?[^\W\d_a-zа-яёіїєґ]"
)

# Countries and places that are surnames or first names too.
_SURNAMES = _words(
    "jordan chad georgia israel ireland holland england france wales cuba kenya india malta америка"
)
_FIRST_NAMES = _words(
    """
    jordan chad georgia israel kenya india paris florence sydney virginia montana austin houston
    dallas charlotte savannah sofia orlando chelsea madison denver phoenix владимир владимира
    владимиру владимиром доминика доминику доминике кармен
    """
)
_NOT_A_SURNAME = _words(
    """
    Police Court Parliament University Airport Government Army Times Post Valley River Prison Jail
    Agreement Summit Conference Supreme State National Central International Embassy Mayor Prosecutor
    Prosecutors Office Department Olympics Bureau Council Institute College Street Stock Exchange
    Metro Ministry Minister President Prime King Queen Authorities Officials Security Bank Opera
    Harbour Harbor Islands Island County City Power Republican Republicans Democrat Democrats Senate
    Governor Gov Secretary House Attorney
    """
)


def settle(zones: Sequence[Zone], hints: tuple[str, ...], gazetteer: Gazetteer) -> None:
    """Applies every rule, in the order of their numbers."""
    for zone in zones:
        if zone.found:
            place_after_comma(zone)
            persons(zone, gazetteer)
            seats(zone)
            datelines(zone)
            persons_of_a_people(zone)
            languages(zone)
            regions(zone)
            where_it_happened(zone)
            speakers(zone)
    settle_namesakes(zones, hints)


def _drop(found: Found) -> None:
    found.codes = ()


# Places that the second of "X, Y" may stand after when X is a country or a capital elsewhere.
_US_TOWNS = _words("athens rome dublin albany augusta savannah macon columbus valdosta")


def place_after_comma(zone: Zone) -> None:
    """Rule 4."""
    for index, found in enumerate(zone.found):
        if zone.text[found.end : found.end + 1] != ",":
            continue
        state = _STATE_AFTER.match(zone.text, found.end)
        if state and (state["postal"] is None or (state["postal"] in _POSTAL and not zone.shout)):
            found.codes = ("US",)
            continue
        second = zone.found[index + 1] if index + 1 < len(zone.found) else None
        if second is None or not second.codes or zone.text[found.end : second.start] not in {", ", ","}:
            continue
        third = zone.found[index + 2] if index + 2 < len(zone.found) else None
        if not _goes_on(zone, second, third):
            _second_decides(zone, found, second)


def _goes_on(zone: Zone, second: Found, third: Found | None) -> bool:
    """Whether "X, Y" is a part of a longer list."""
    return bool(_LIST_AFTER.match(zone.text, second.end)) or (
        third is not None and zone.text[second.end : third.start] in {", ", ","}
    )


def _second_decides(zone: Zone, found: Found, second: Found) -> None:
    closed = bool(_CLOSED_AFTER.match(zone.text, second.end))
    if second.name.kind == "region" and second.codes[0] in _OF_STATES:
        if found.name.kind in PLACES or closed:
            found.codes = second.codes
    elif second.key == "new york" and closed and found.name.kind in PLACES:
        found.codes = second.codes
    elif second.key == "georgia" and (found.codes == ("US",) or (found.key in _US_TOWNS and closed)):
        found.codes = second.codes = ("US",)
    elif second.name.kind in {"name", "short", "former"} and found.name.kind in PLACES and closed:
        found.codes = second.codes


def persons(zone: Zone, gazetteer: Gazetteer) -> None:
    """Rule 5."""
    if zone.shout:
        return
    titlecase = zone.where == "title" and is_title_case(zone.text)
    for found in zone.found:
        key = found.key
        if (
            found.name.kind not in {"city", "town", "region", "capital"}
            and key not in _SURNAMES
            and key not in _FIRST_NAMES
        ):
            continue
        before = _PREVIOUS.search(zone.text[max(0, found.start - 20) : found.start])
        surname = before is not None and gazetteer.is_person(before[1])
        first = (
            (key in _FIRST_NAMES or found.name.kind == "town")
            and not titlecase
            and _surname_follows(zone, found)
        )
        if first or (surname and (key in _SURNAMES or found.name.kind in PLACES)):
            _drop(found)


def _surname_follows(zone: Zone, found: Found) -> bool:
    if not _CAPITAL_NEXT.match(zone.text, found.end):
        return False
    word = _FOLLOWING.match(zone.text, found.end)
    return word is not None and word[1] not in _NOT_A_SURNAME


def is_title_case(text: str) -> bool:
    """Whether most longer words have capitals, as in English headlines."""
    words = re.findall(r"[^\W\d_]{4,}", text)
    return len(words) > 2 and sum(word[0].isupper() for word in words) > 0.65 * len(words)


def seats(zone: Zone) -> None:
    """Rule 6."""
    if not any(part in zone.text for part in _SEATED):
        return
    for found in zone.found:
        if _BASED_AFTER.match(zone.text, found.end) or _BASED_BEFORE.search(
            zone.text, max(0, found.start - 24), found.start
        ):
            found.factor = 0.0


_DATELINE = re.compile(
    r"\s*[^\W\d_][^\n()]{1,40}?"
    r"(?P<agency>,?\s*[A-Z][a-z]{2,8}\.?\s\d{1,2}(?:,\s\d{4})?)?"
    r"\s*(?P<source>\([^()]{2,40}\))?\s*(?:--?|—|–|－|:)\s?"
)


def datelines(zone: Zone) -> None:
    """Rule 7."""
    match = _DATELINE.match(zone.text) if zone.where == "text" else None
    if match is None:
        return
    agency = match["agency"] is not None or match["source"] is not None
    for found in zone.found:
        if found.start >= match.end():
            return
        found.factor *= AGENCY_DATELINE if agency else BARE_DATELINE
        found.leads = agency


_FOLLOWERS = re.compile(r"[ -]([^\W\d_][\w-]*)(?: ([^\W\d_][\w-]*))?")
_PERSON_WORDS = _words("man men nun")
_PERSON_STARTS = tuple(
    _words(
        """
    journalist reporter activist national citizen woman women people worker tourist student businessman businesswoman
    businessmen businesswomen missionar blogger lawyer dissident refugee migrant expat editor correspondent
    photographer photojournalist filmmaker film-maker engineer hostage teacher professor academic diplomat soldier
    troops couple family teen girl boy priest doctor writer author artist actor actress singer rapper immigrant exile
    defender terrorist militant suspect victim prisoner detainee asylum ambassador
        """
    )
)
_NUMBER_BEFORE = re.compile(
    r"\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|dozens of|other|several|some) $", re.IGNORECASE
)
_WHERE_BEFORE = re.compile(
    r"\b(?:in|In|IN|across|throughout|near|inside|outside) (?:the |[a-z]+ern |central |[a-z]+'s )?$"
)


def persons_of_a_people(zone: Zone) -> None:
    """Rule 8."""
    for found in zone.found:
        if found.name.kind == "demonym" and (_counted(zone, found) or _person_follows(zone, found)):
            found.factor *= PERSON_IN_TITLE if zone.where == "title" else PERSON
            found.leads = False


def _counted(zone: Zone, found: Found) -> bool:
    return found.key.endswith("s") and bool(
        _NUMBER_BEFORE.search(zone.text[max(0, found.start - 12) : found.start])
    )


def _person_follows(zone: Zone, found: Found) -> bool:
    words = _FOLLOWERS.match(zone.text, found.end)
    if words is None:
        return False
    return _is_person_word(words[1]) or (
        words[2] is not None and words[1].islower() and _is_person_word(words[2])
    )


def _is_person_word(word: str) -> bool:
    word = word.lower()
    return word in _PERSON_WORDS or word.startswith(_PERSON_STARTS)


def where_it_happened(zone: Zone) -> None:
    """Rule 9."""
    for found in zone.found:
        before = zone.text[max(0, found.start - 20) : found.start]
        if before.isascii() and _WHERE_BEFORE.search(before):
            found.factor *= WHERE


_LANGUAGE_BEFORE = re.compile(
    r"\b(?:in(?:to)?|from|speaks?|spoken?|speaking|learn(?:s|ed|t|ing)?|understands?|studie[sd]|study(?:ing)?|teach(?:es|ing)?|taught|"
    r"fluent|native|plain|simple|broken|на) (?:[^\W\d_]+(?:, ?| and | or | и | та | й ))*$",
    re.IGNORECASE,
)
_LANGUAGE_ALONE = re.compile(
    r"\s*$|[.,;:!?)»”\"]|\s[-–—(]|\s(?:and|or|и|или|та|або|й)\s(?:на )?[^\W\d_]+(?:[.,;:!?)»”\"]|\s*$)"
)
_LANGUAGE_AFTER = re.compile(
    r"[ -](?:languages?|translations?|translated|versions?|alphabet|grammar|vocabulary|dictionary|subtitles?|speak(?:ers?|ing)|dialects?|"
    r"lessons?|literature|linguists?|язык|мов[аиіоу]|перевод|переклад)"
)


def languages(zone: Zone) -> None:
    """Rule 16."""
    for found in zone.found:
        if found.name.kind not in {"demonym", "adjective"}:
            continue
        if _LANGUAGE_AFTER.match(zone.text, found.end) or (
            _LANGUAGE_ALONE.match(zone.text, found.end)
            and _LANGUAGE_BEFORE.search(zone.text[max(0, found.start - 40) : found.start])
        ):
            _drop(found)


_REGION_AFTER = re.compile(
    r"\s(?:област|обл\b|губерни|губерні|губернат|кра(?:й|я|ю|ем|е|єм|ї)\b|республик|республік|автономн|район|округ|повіт|уезд)"
)


def regions(zone: Zone) -> None:
    """Rule 17."""
    for found in zone.found:
        if not found.noun and _REGION_AFTER.match(zone.text, found.end):
            found.noun = True


_SPEAKS_AFTER = re.compile(
    r"(?:,? [^\W\d_]+)? (?:condemn|urge|urging|criticiz|criticis|denounc|decr(?:y|ies)|deplor|calls? (?:on|for)|called (?:on|for)|concern|"
    r"dials?\b|slams?\b|blasts?\b|rebuk|warns?\b|press(?:es|ed)?\b|raises?\b|hails?\b|seeks?\b|demands?\b|welcom)",
    re.IGNORECASE,
)
_ACTS_AFTER = re.compile(
    r"(?:['’]s)?(?: [a-z]+){0,2} (?:charges|arrests|jails|sentences|detains|indicts|convicts|deports|frees|releases|bans|expels|"
    r"executes|raids|fines|imprisons|prosecutes|extradites|pardons|acquits|seizes|blocks)\b",
    re.IGNORECASE,
)


def speakers(zone: Zone) -> None:
    """Rule 14."""
    if zone.where != "title" or len({found.codes for found in zone.found}) < 2:
        return
    for found in zone.found:
        if _SPEAKS_AFTER.match(zone.text, found.end):
            found.factor *= SPEAKER
            found.leads = False
        elif _ACTS_AFTER.match(zone.text, found.end):
            found.factor *= ACTOR
