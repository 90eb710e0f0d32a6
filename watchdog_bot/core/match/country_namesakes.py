"""Two of a name: what Georgia, Congo, Korea, Benin and towns with namesakes mean in the whole of a text.

The rules 10 to 13 and 15 of `country_rules`, which has their reasons; unlike the others they look at everything
that the title and the text name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from watchdog_bot.core.match.country_scan import Found, Zone

_US_GEORGIA = re.compile(
    r"\b(?:Atlanta|Savannah|Augusta|Macon|Athens, Ga|Fulton|Brunswick|Glynn County|Gwinnett|DeKalb|Cobb County|Kemp|Raffensperger|Warnock|"
    r"Ossoff|Stacey Abrams|Arbery|Ga\.|[Gg]overnor|GOP|[Rr]unoff|[Ss]heriff|Republicans?|Democrats?|Senate|Alabama|Florida|Carolina|"
    r"Tennessee|Texas|Mississippi|[Ss]tatehouse|Georgia (?:Supreme Court|House|State|Tech|Power|National Guard|voters|prisons?|inmates?|Bureau)|"
    r"district attorney|District Attorney|Bulldogs|Ku Klux|state of Georgia)\b"
)
_GE_GEORGIA = re.compile(
    r"\b(?:Tbilisi|Batumi|Kutaisi|Zugdidi|Gori|Abkhaz\w*|Ossetia\w?|Tskhinvali|Sukhumi|Armenia\w*|Azerbaijan\w*|Caucasus|Georgian Dream|"
    r"Saakashvili|Ivanishvili|Zurabishvili|Zourabichvili|Kobakhidze|Garibashvili|Kremlin|Soviet|former Soviet|EU candidate|\w+shvili|\w+adze)\b"
)


_NAMESAKES = {
    ("birmingham", "alabama"): "US",
    ("athens", "georgia"): "US",
    ("paris", "texas"): "US",
    ("odessa", "texas"): "US",
    ("cambridge", "massachusetts"): "US",
    ("worcester", "massachusetts"): "US",
    ("manchester", "new hampshire"): "US",
    ("moscow", "idaho"): "US",
    ("melbourne", "florida"): "US",
    ("naples", "florida"): "US",
    ("st. petersburg", "florida"): "US",
    ("toledo", "ohio"): "US",
    ("vienna", "virginia"): "US",
    ("aberdeen", "washington"): "US",
    ("bristol", "tennessee"): "US",
    ("bristol", "connecticut"): "US",
    ("glasgow", "kentucky"): "US",
    ("valencia", "venezuela"): "VE",
    ("tripoli", "lebanon"): "LB",
    ("london", "ontario"): "CA",
    ("vancouver", "washington"): "US",
    ("hyderabad", "sindh"): "PK",
}


_TOWNS = frozenset(town for town, _ in _NAMESAKES)
_HALVES = (
    (frozenset({"congo", "congolese"}), "CD", "CG"),
    (frozenset({"korea", "korean", "koreans"}), "KR", "KP"),
    (frozenset({"benin"}), "BJ", "NG"),
)


def settle_namesakes(zones: Sequence[Zone], hints: tuple[str, ...]) -> None:
    """Applies these rules, in the order of their numbers. `hints`: codes that the feed stands for."""
    found = [each for zone in zones for each in zone.found]
    named = {each.key for each in found}
    if "georgia" in named and "GE" not in hints:
        _georgia(zones, found)
    for keys, usual, other in _HALVES:
        if not named.isdisjoint(keys):
            _half(found, keys, usual, other)
    if not named.isdisjoint(_TOWNS):
        _towns(found, named)


def _georgia(zones: Sequence[Zone], found: Sequence[Found]) -> None:
    """Rule 10."""
    bare = [each for each in found if each.key == "georgia" and each.codes == ("GE",)]
    if not bare:
        return
    text = "\n".join(zone.text for zone in zones)
    if any("GE" in each.codes and each.key != "georgia" for each in found) or _GE_GEORGIA.search(text):
        return
    if _US_GEORGIA.search(text) or any(each.codes == ("US",) and each.key == "georgia" for each in found):
        for each in bare:
            each.codes = ("US",)


def _half(found: Sequence[Found], keys: frozenset[str], usual: str, other: str) -> None:
    """Rules 11, 12 and 15."""
    rest = {code for each in found if each.key not in keys for code in each.codes}
    if other in rest and usual not in rest:
        for each in found:
            if each.key in keys:
                each.codes = (other,)


def _towns(found: Sequence[Found], named: set[str]) -> None:
    """Rule 13."""
    for (town, state), code in _NAMESAKES.items():
        if town not in named or state not in named:
            continue
        rest = {code for each in found if each.key != town for code in each.codes}
        for each in found:
            if each.key == town and each.codes and rest.isdisjoint(each.codes):
                each.codes = (code,)
