"""What the shipped names must hold: which country of the field lacks what in which language?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

import pytest

from watchdog_bot.core.match.gazetteer import COMMON
from watchdog_bot.data import gazetteer_lines, load_atlas, load_tagger

LANGUAGES = "en ru uk be kk ky uz tg az hy ka fa ps ar tr ro bs sr mk bg sq pl de fr es".split()  # noqa: SIM905  # reads better
NAMES = frozenset({"name", "short", "official"})
PEOPLES = frozenset({"demonym", "adjective"})

# Where the people, or the capital, has the name of the country: that line serves for both.
NAMED_ALIKE = {
    ("BY", "kk"), ("BY", "uz"), ("BY", "tg"), ("BY", "az"), ("AZ", "ky"), ("TR", "ps"), ("CH", "fr"), ("VA", "fr"), ("VA", "en"),
}  # fmt: skip
CAPITAL_NAMED_ALIKE = {"AD", "LU", "MC", "SM", "VA"}


def field() -> frozenset[str]:
    """The OSCE region, the RFE/RL region and Kosovo: 61."""
    regions = load_atlas().regions
    return regions["osce"].codes | regions["rferl"].codes | {"XK"}


def known() -> Mapping[tuple[str, str], set[str]]:
    """(language, kind) → codes."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in gazetteer_lines():
        fields = line.split("\t")
        if len(fields) == 8 and not line.startswith("#"):
            found[fields[2], fields[1]].update(fields[0].split(","))
    return found


def lacking(kinds: frozenset[str], language: str) -> frozenset[str]:
    have = known()
    return field() - set().union(*(have[language, kind] for kind in kinds))


def test_the_field_is_about_sixty_countries() -> None:
    assert len(field()) == 61


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_of_the_field_has_a_name_in_every_language(language: str) -> None:
    assert lacking(NAMES, language) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_of_the_field_has_a_people_in_every_language(language: str) -> None:
    assert {code for code in lacking(PEOPLES, language) if (code, language) not in NAMED_ALIKE} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_of_the_field_has_a_capital_in_every_language(language: str) -> None:
    assert lacking(frozenset({"capital"}), language) <= CAPITAL_NAMED_ALIKE


def test_every_state_of_the_world_has_a_name_and_a_people_in_the_common_languages() -> None:
    have = known()
    members = set(load_atlas().names) & have["en", "name"]
    for language in COMMON:
        named = set().union(*(have[language, kind] for kind in NAMES))
        assert members <= named, language


@pytest.mark.parametrize(
    ("region", "codes"),
    [
        ("central-asia", "KZ KG TJ TM UZ"),
        ("south-caucasus", "AM AZ GE"),
        ("western-balkans", "AL BA ME MK RS XK"),
        ("rferl", "AF AM AZ BA BG BY GE HU IR KG KZ MD ME MK PK RO RS RU TJ TM UA UZ XK"),
    ],
)
def test_a_region_holds_these_countries_and_no_other(region: str, codes: str) -> None:
    assert load_atlas().regions[region].codes == set(codes.split())


def test_the_osce_region_is_its_57_participating_states() -> None:
    osce = load_atlas().regions["osce"].codes
    assert len(osce) == 57
    assert {"US", "CA", "MN", "TM", "VA", "SM"} <= osce
    assert osce.isdisjoint({"XK", "AF", "IR", "PK", "CN", "IL", "JP"})


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Police in Hong Kong arrest five", "HK"),
        ("Taiwan frees engineer", "TW"),
        ("Raid in Ramallah, Palestine", "PS"),
        ("Protest in Pristina, Kosovo", "XK"),
        ("Activist held in Western Sahara", "EH"),
    ],
)
def test_a_territory_with_a_code_of_its_own_is_read_as_itself(title: str, code: str) -> None:
    assert [each.code for each in load_tagger().read(title, "").about] == [code]
    assert code in load_atlas().names


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ("Nur-Sultan Astana Нур-Султан Астана Нур-Султані", "KZ"),
        ("Kiev Kyiv Киев Київ Києві", "UA"),
        ("Burma Myanmar Бирма Мьянма М'янма", "MM"),
        ("Turkey Türkiye Турция Туреччина", "TR"),
        ("Swaziland Eswatini Свазиленд Эсватини", "SZ"),
        ("Byelorussia Belarus Белоруссия Беларусь Білорусь", "BY"),
        ("Kirghizia Kyrgyzstan Киргизия Кыргызстан Киргизстан", "KG"),
        ("Moldavia Moldova Молдавия Молдова Молдові", "MD"),
        ("Dnepropetrovsk Dnipro Днепропетровск Днепр Дніпро", "UA"),
        ("Macedonia Македония Македонія", "MK"),
    ],
)
def test_a_renamed_place_is_known_by_both_names(names: str, code: str) -> None:
    for name in names.split():
        found = load_tagger().read(f"Суд, {name}: news", "").about
        assert [each.code for each in found] == [code], name


def test_the_heads_of_the_field_that_changed_have_the_dates_of_their_terms() -> None:
    dated = {
        fields[7].split("~")[0].split("{")[0]
        for line in gazetteer_lines()
        if len(fields := line.split("\t")) == 8 and fields[1] == "leader" and (fields[5] or fields[6])
    }
    assert {"Nazarbayev", "Poroshenko", "Saakashvili", "Serzh Sargsyan", "Trump", "Biden", "Merkel"} <= dated


def test_no_term_of_a_leader_ends_before_it_begins() -> None:
    for line in gazetteer_lines():
        fields = line.split("\t")
        if len(fields) == 8 and not line.startswith("#") and fields[5] and fields[6]:
            assert date.fromisoformat(fields[5]) < date.fromisoformat(fields[6]), line


@pytest.mark.parametrize(
    ("language", "text", "codes"),
    [
        ("ar", "والفرنسيين في ألمانيا وبولندا", "DE FR PL"),
        ("ar", "المحكمة البريطانية ترفض", "GB"),
        ("ar", "سفارة للنرويج بالسويد", "NO SE"),
        ("fa", "دولت فرانسه و شهروندان آلمانی در پراگ", "CZ DE FR"),
        ("ps", "په وارسا کې فرانسوي خبریال ونیول شو", "FR PL"),
        ("ka", "ჟურნალისტი გერმანიაში დააკავეს, ვარშავაში პროტესტია", "DE PL"),
        ("hy", "Գերմանիայում և Վարշավայում ձերբակալել են ֆրանսիացիներին, ֆրանսիական", "DE FR PL"),
        ("kk", "Германияда және Варшавада француз журналистін қамады", "DE FR PL"),
        ("ky", "Варшавада немис журналисти кармалды", "DE PL"),
        ("uz", "Germaniyada va Varshavada fransuz jurnalist ushlandi", "DE FR PL"),
        ("tg", "Дар Олмон ва Варшава рӯзноманигори фаронсавӣ", "DE FR PL"),
        ("az", "Almaniyada və Varşavada fransız jurnalist tutulub", "DE FR PL"),
        ("tr", "Alman gazeteci Varşova'da gözaltına alındı", "DE PL"),
        ("be", "У Варшаве затрымалі нямецкага журналіста", "DE PL"),
        ("sr", "У Варшави ухапшен немачки новинар", "DE PL"),
        ("mk", "Во Варшава уапсен француски новинар", "FR PL"),
        ("bg", "Във Варшава арестуваха немски журналист", "DE PL"),
        ("bs", "U Varšavi uhapšen njemački novinar", "DE PL"),
        ("sq", "Në Varshavë u arrestua një gazetar francez", "FR PL"),
        ("ro", "La Varșovia a fost reținut un jurnalist francez", "FR PL"),
        ("pl", "W Wiedniu i Pradze zatrzymano litewskiego dziennikarza", "AT CZ LT"),
        ("de", "In Warschau wurde ein französischer Journalist verhaftet", "FR PL"),
        ("fr", "À Varsovie, un journaliste allemand détenu", "DE PL"),
        ("es", "En Varsovia detienen a un periodista francés", "FR PL"),
    ],
)
def test_what_is_joined_to_a_name_in_its_script_does_not_hide_it(
    language: str, text: str, codes: str
) -> None:
    found = load_tagger().read(text, "", language=language).about
    assert sorted(each.code for each in found) == codes.split()
