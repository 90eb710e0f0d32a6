from __future__ import annotations

import pytest

from watchdog_bot.core.match.atlas import Atlas, flag
from watchdog_bot.data import load_atlas


@pytest.mark.parametrize(
    ("key", "size"),
    [
        ("osce", 57),
        ("eu", 27),
        ("council-of-europe", 46),
        ("nato", 32),
        ("central-asia", 5),
        ("south-caucasus", 3),
        ("western-balkans", 6),
    ],
)
def test_a_region_has_as_many_countries_as_the_body_has_members(key: str, size: int) -> None:
    assert len(load_atlas().regions[key].codes) == size


def test_every_country_has_a_name_in_english_russian_and_ukrainian() -> None:
    atlas = load_atlas()
    for language in ("en", "ru", "uk"):
        assert all(atlas.country_name(code, language) for code in atlas.countries)
    assert atlas.country_name("KZ", "ru") == "Казахстан"
    assert atlas.country_name("KZ", "uk") == "Казахстан"


def test_a_name_in_a_language_not_on_hand_is_english_and_an_unknown_code_is_itself() -> None:
    assert load_atlas().country_name("DE", "fr") == "Germany"
    assert load_atlas().country_name("QQ") == "QQ"


def test_places_with_their_own_codes_are_countries() -> None:
    assert {"HK", "TW", "PS", "XK", "EH"} <= set(load_atlas().countries)


def test_the_countries_are_in_alphabetical_order() -> None:
    atlas = load_atlas()
    names = [atlas.country_name(code) for code in atlas.countries]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("code", "emoji"), [("UA", "🇺🇦"), ("kz", "🇰🇿"), ("", ""), ("U", ""), ("U1", ""), ("ЮА", "")]
)
def test_a_flag_is_made_of_the_code(code: str, emoji: str) -> None:
    assert flag(code) == emoji


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Kazakhstan", "KZ"),
        ("Burma", "MM"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("Holland", "NL"),
        ("Беларусь", "BY"),
        ("Білорусь", "BY"),
        ("США", "US"),
        ("UK", "GB"),
    ],
)
def test_a_country_can_be_typed_by_any_of_its_names(typed: str, code: str) -> None:
    assert dict(load_atlas().names_for_queries())[typed] == code


def test_a_typed_name_is_never_a_people_or_a_town() -> None:
    typed = {name for name, _ in load_atlas().names_for_queries()}
    assert typed.isdisjoint({"Kazakh", "Almaty", "Putin", "Kremlin", "казахский"})


def test_no_mark_of_the_gazetteer_is_left_in_a_typed_name() -> None:
    assert not [name for name, _ in load_atlas().names_for_queries() if set(name) & set("~{},\t")]


def test_a_typed_name_leads_to_one_country() -> None:
    seen: dict[str, str] = {}
    for name, code in load_atlas().names_for_queries():
        assert seen.setdefault(name, code) == code, name


def test_a_region_is_known_in_three_languages() -> None:
    typed = dict(load_atlas().region_names_for_queries())
    assert typed["Central Asia"] == typed["Центральная Азия"] == typed["Центральна Азія"] == "central-asia"
    assert load_atlas().regions["central-asia"].name("ru") == "Центральная Азия"
    assert load_atlas().regions["central-asia"].name("fr") == "Central Asia"


def test_a_line_that_is_neither_country_nor_region_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="neither a country nor a region"):
        Atlas.from_lines(["planet\tmars\tMars"])


def test_a_region_of_unknown_countries_is_refused() -> None:
    with pytest.raises(ValueError, match="no name: QQ"):
        Atlas.from_lines(["region\tx\tX\tX\tX\tQQ"])
