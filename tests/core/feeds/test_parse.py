from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds import parse as parsing
from watchdog_bot.core.feeds.charset import decode
from watchdog_bot.core.feeds.entry import MAX_ENTRIES, clean_language, shortened
from watchdog_bot.core.feeds.links import MAX_LINK, absolute, host_of
from watchdog_bot.core.feeds.parse import parse_document, unpacked
from watchdog_bot.core.model import FeedKind, ParsedEntry, ParsedFeed

URL = "https://source.example/feed"


def read(body: bytes | str, content_type: str = "") -> ParsedFeed:
    return parse_document(
        body.encode() if isinstance(body, str) else body, url=URL, content_type=content_type
    )


def item(inside: str) -> ParsedEntry:
    return read(f'<rss version="2.0"><channel><title>T</title><item>{inside}</item></channel></rss>').entries[
        0
    ]


# --- what is no feed


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty: the server answered without a document"),
        (b" \n\t\xef\xbb\xbf ", "empty"),
        (b"<!DOCTYPE html><html><head><title>Log in &amp; out</title></head></html>", "a web page titled “Log in & out”, not a feed"),
        (b"<html><body>nothing</body></html>", "a web page, not a feed"),
        (b"<!-- x --><HTML lang=en><p>", "a web page, not a feed"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "root element is <svg>"),
        (b"Not Found.\n", "neither XML nor JSON"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "neither XML nor JSON"),
        (b'{"error": "rate limit"}', "JSON, but not a JSON Feed: it has no list of items"),
        (b'{"items": "many"}', "items that are no list"),
        (b'{"items": [{"name": 1}]}', "look like none"),
        (b"[1, 2]", "a list of something else"),
        (b'{"items": [', "malformed JSON at line 1"),
        (b"{" * 5, "malformed JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b"<opml version='2.0'><body/></opml>", "<opml>"),
        (b"<rss", "not a feed"),
        (b"\x1f\x8b\x08garbage", "a damaged compressed file"),
        (b"<urlset><url><loc>ftp://x/</loc></url></urlset>", "addresses cannot be read"),
        (b"<feed/>" + b"<" * 10, ""),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_refused_with_what_it_is(body: bytes, words: str) -> None:
    try:
        feed = read(body)
    except ParseError as error:
        assert words in str(error)  # noqa: PT017 - one case may also be read as an empty feed
    else:
        assert not words
        assert feed.entries == ()


def test_malformed_xml_is_told_with_its_line() -> None:
    with pytest.raises(ParseError, match="malformed XML at line 3"):
        read("<item\n>\n<<")


def test_whatever_feedparser_raises_becomes_a_parse_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AssertionError("feedparser's own")

    monkeypatch.setattr("watchdog_bot.core.feeds.xmlfeed.feedparser.parse", broken)
    with pytest.raises(ParseError):
        read("<rss><channel/></rss>")


def test_a_defect_of_a_reader_becomes_a_parse_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a defect")

    monkeypatch.setattr(parsing, "parse_xml", broken)
    with pytest.raises(ParseError, match="KeyError"):
        read("<rss/>")


def test_a_body_that_is_the_name_of_a_file_or_an_address_opens_neither() -> None:
    for body in (b"/etc/passwd", b"https://source.example/feed", b"file:///etc/passwd"):
        with pytest.raises(ParseError, match="neither XML nor JSON"):
            read(body)


def test_a_200_with_an_eleven_byte_body_is_not_alive() -> None:
    with pytest.raises(ParseError, match="neither XML nor JSON"):
        read("Not found. ")


def test_an_empty_answer_says_what_it_was_before() -> None:
    with pytest.raises(ParseError, match="it was a JSON feed before"):
        parse_document(b"", url=URL, kind=FeedKind.JSON)


@settings(deadline=None, max_examples=150)
@given(st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from(["<rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<![CDATA[", "]]>", "<!--", "&#0;", "&x;", "&amp",
                              "<!DOCTYPE r [", "]>", "<a b='", "{", "}", "[", '"items":', "<feed>", "<entry>", "<urlset>", "<url>", "<loc>", "\x00", "й",
                              "<?xml version='1.0' encoding='utf-16'?>", "\ud7ff", "<link/>", "<guid>"]), max_size=25).map(lambda parts: "".join(parts).encode()),
))  # fmt: skip
def test_parsing_never_raises_but_parse_error(body: bytes) -> None:
    try:
        feed = parse_document(body, url=URL)
    except ParseError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(feed, ParsedFeed)


# --- forms


def test_the_form_is_told_by_the_document_and_not_by_what_the_server_claims() -> None:
    body = '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title></feed>'
    for claimed in ("text/html", "application/json", "application/rss+xml", "image/png"):
        assert read(body, claimed).kind is FeedKind.ATOM


def test_a_gzip_file_is_unpacked_within_the_limit() -> None:
    assert read(gzip.compress(b'<rss version="2.0"><channel><title>T</title></channel></rss>')).title == "T"
    with pytest.raises(ParseError, match="more than 10 MB"):
        unpacked(gzip.compress(b"\0" * 10_000_001))


def test_a_feed_without_entries_is_an_empty_feed() -> None:
    assert read('<rss version="2.0"><channel><title>T</title></channel></rss>').entries == ()


def test_entries_beyond_the_limit_are_left() -> None:
    one = "<item><title>x</title></item>"
    feed = read(f'<rss version="2.0"><channel>{one * (MAX_ENTRIES + 500)}<ttl>60</ttl></channel></rss>')
    assert len(feed.entries) == MAX_ENTRIES
    assert not feed.damaged
    assert feed.ttl == 3600


def test_a_tag_with_thousands_of_attributes_is_refused_at_once() -> None:
    attributes = " ".join(f'a{number}="1"' for number in range(5000))
    with pytest.raises(ParseError, match="thousands of attributes"):
        read(f"<rss {attributes}><channel><item><title>x</title></item></channel></rss>")


def test_a_picture_inside_a_text_is_not_taken_for_attributes() -> None:
    picture = f'<img src="data:image/png;base64,{"A" * 60_000}">seen'
    assert item(f"<description><![CDATA[{picture}]]></description>").summary == "seen"


def test_sitemaps_of_an_index_are_named_newest_first() -> None:
    index = (
        "<sitemapindex><sitemap><loc>https://a.example/1.xml</loc><lastmod>2026-01-01</lastmod></sitemap>"
        "<sitemap><loc>/2.xml.gz</loc><lastmod>2026-05-01</lastmod></sitemap><sitemap><loc>ftp://x/</loc></sitemap></sitemapindex>"
    )
    assert read(index) == ParsedFeed(
        FeedKind.SITEMAP,
        children=("https://source.example/2.xml.gz", "https://a.example/1.xml"),
        child_dates=("2026-05-01", "2026-01-01"),
    )


def test_a_json_feed_that_was_cut_off_gives_the_items_it_has_whole() -> None:
    feed = read(
        '{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "A"}, {"id": "2", "title": "B"} , {"id": "3", "ti'
    )
    assert [entry.title for entry in feed.entries] == ["A", "B"]
    assert feed.damaged


def test_rss_in_json_is_read() -> None:
    feed = read(
        '{"rss": {"channel": {"title": "T", "link": "https://a.example/", "item": [{"title": "One", "link": "https://a.example/1", "guid": {"#value": "g1"},'
        ' "pubDate": "Tue, 05 May 2026 10:00:00 GMT", "description": "<p>Words</p>"}, 5]}}}'
    )
    [entry] = feed.entries
    assert (entry.id, entry.link, entry.title, entry.summary) == ("g1", "https://a.example/1", "One", "Words")
    assert entry.published is not None
    assert read('{"rss": {"channel": {"item": {"title": "Alone"}}}}').entries[0].title == "Alone"
    with pytest.raises(ParseError, match="RSS in JSON without items"):
        read('{"rss": {}}')


def test_a_root_that_is_misspelt_or_cut_off_costs_no_entry() -> None:
    for body in (
        "<fee><entry><title>One</title></entry></feed>",
        'd xmlns="x"><entry><title>One</title></entry></feed>',
    ):
        assert [entry.title for entry in read(body).entries] == ["One"]


# --- entries


def test_the_first_of_several_links_counts() -> None:
    assert (
        item("<link>https://a.example/1</link><link>https://a.example/2</link>").link == "https://a.example/1"
    )


def test_a_guid_is_a_link_only_where_it_is_an_address() -> None:
    assert item("<guid>https://a.example/1</guid>").link == "https://a.example/1"
    assert item("<guid>17</guid>").link is None
    assert item('<guid isPermaLink="false">https://a.example/1</guid>').link is None


def test_a_guid_is_kept_verbatim_wherever_the_feed_comes_from() -> None:
    assert item("<guid>17</guid>").id == "17"
    assert item("<guid>  /story/17 </guid>").id == "/story/17"


def test_a_missing_guid_is_none_and_an_empty_one_too() -> None:
    assert item("<title>x</title>").id is None
    assert item("<title>x</title><guid></guid>").id is None


def test_a_missing_title_is_the_first_words_of_the_text() -> None:
    assert item("<description>&lt;p&gt;Only words.&lt;/p&gt;</description>").title == "Only words."
    long = item(f"<description>{'word ' * 100}</description>").title
    assert len(long) <= 100
    assert long.endswith("word…")


def test_a_title_is_at_most_500_characters() -> None:
    assert len(item(f"<title>{'long ' * 500}</title>").title) <= 500


def test_links_that_are_not_http_are_dropped() -> None:
    for link in (
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@b.example",
        "ftp://a.example/",
        "vbscript:x",
        "jAvA\nsCript:x",
    ):
        assert item(f"<title>x</title><link>{link}</link>").link is None


def test_a_link_over_2048_characters_is_dropped() -> None:
    assert item(f"<title>x</title><link>https://a.example/{'x' * MAX_LINK}</link>").link is None


def test_a_missing_or_wrong_date_is_none() -> None:
    assert item("<title>x</title>").published is None
    assert item("<title>x</title><pubDate>Mon, 01 Jan 0001 00:00:00 +0000</pubDate>").published is None


def test_a_summary_that_repeats_the_content_is_left_out() -> None:
    inside = "<description>Same words.</description><content:encoded>&lt;p&gt;Same words.&lt;/p&gt;</content:encoded>"
    found = read(
        f'<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item>{inside}</item></channel></rss>'
    )
    assert (found.entries[0].summary, found.entries[0].content) == ("", "Same words.")


def test_a_bad_character_reference_costs_itself_and_not_the_feed() -> None:
    for reference in ("&#1114112;", "&#xD800;", "&#0;", "&#55296;", "&#99999999999;"):
        assert item(f"<title>a{reference}b</title>").title == "ab"


def test_an_ampersand_in_an_address_is_no_entity() -> None:
    feed = read(
        '<rss version="2.0"><channel><item><title>Q&A</title><link>https://a.example/?id=1&lang=en&copy=2</link></item></channel></rss>'
    )
    assert feed.damaged
    assert feed.entries[0].link == "https://a.example/?id=1&lang=en&copy=2"
    assert feed.entries[0].title == "Q&A"


def test_external_entities_are_not_read() -> None:
    body = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><item><title>a &x; b</title></item></channel></rss>'
    assert "root" not in read(body).entries[0].title


def test_links_in_a_file_are_relative_to_the_site() -> None:
    body = b'<rss version="2.0"><channel><link>https://a.example/</link><item><title>x</title><link>/1</link></item></channel></rss>'
    assert parse_document(body, url="file:///tmp/feed.xml").entries[0].link == "https://a.example/1"


def test_a_malformed_feed_whose_tags_are_prefixed_is_salvaged() -> None:
    feed = read(
        '<x:rss><x:item><x:title><![CDATA[One & only]]></x:title><x:link href="/1"/><x:link>/2</x:link><x:guid/>'
        "<x:description>&lt;p&gt;Words&lt;/p&gt;</x:description></x:item><x:entry><x:id>https://a.example/3</x:id></x:entry>"
    )
    assert feed.damaged
    one, other = feed.entries
    assert (one.title, one.link, one.summary) == ("One & only", "https://source.example/1", "Words")
    assert (other.id, other.link) == ("https://a.example/3", "https://a.example/3")


def test_a_thousand_comments_are_left_out_and_texts_are_not() -> None:
    body = "<!-- c -->" * 1000
    assert (
        item(
            f"{body}<title>x</title><description><![CDATA[{'<!-- c -->' * 300}words]]></description>"
        ).summary
        == "words"
    )


def test_a_document_of_many_items_in_name_only_is_left_as_it_is() -> None:
    feed = read(
        f'<rss version="2.0"><channel>{"<items/>" * (MAX_ENTRIES + 1)}<item><title>x</title></item></channel></rss>'
    )
    assert [entry.title for entry in feed.entries] == ["x"]


def test_running_out_of_stack_or_memory_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of(error: type[BaseException]) -> None:
        def raising(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(parsing, "parse_xml", raising)

    out_of(RecursionError)
    with pytest.raises(ParseError, match="nested too deeply"):
        read("<rss/>")
    out_of(MemoryError)
    with pytest.raises(MemoryError):  # for the worker to tell, and to end
        read("<rss/>")


# --- texts, languages, links


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("en_GB", "en-gb"),
        ("UK", "uk"),
        ("zh-Hant-TW", "zh-hant-tw"),
        ("english", None),
        ("", None),
        (5, None),
        ("e\u0301n", None),
        ("x" * 30, None),
    ],
)
def test_a_language_is_a_tag_or_nothing(raw: object, clean: str | None) -> None:
    assert clean_language(raw) == clean


def test_a_text_is_shortened_between_words() -> None:
    assert shortened("one two three", 50) == "one two three"
    assert shortened("one two, three", 10) == "one two…"
    assert shortened("x" * 50, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("x", "https://a.example/dir/x"),
        ("/x y", "https://a.example/x%20y"),
        ("//b.example/x", "https://b.example/x"),
        ("  https://b.example/\n x ", "https://b.example/%20x"),
        ("HTTPS://b.example/", "https://b.example/"),
        ("https:b.example", None),
        ("?q=1", "https://a.example/dir/page?q=1"),
        ("https://b.example/новости", "https://b.example/новости"),
        ("https://", None), ("\u00a0", None), ("http://[x", None), ("http://a:b/", None), ("", None), (None, None), ("x" * 5000, None), ("https://b.example/\u202e", None),
    ],
)  # fmt: skip
def test_an_address_is_absolute_http_or_nothing(href: str | None, address: str | None) -> None:
    assert absolute(href, "https://a.example/dir/page") == address


def test_a_host_is_told_without_www() -> None:
    assert host_of("https://WWW.A.example:8/x") == "a.example"
    assert host_of("http://[x") == host_of("nothing") == ""


RUSSIAN = (
    "<rss><title>Суд оштрафовал журналистку за репортаж о митинге, редакция обжалует решение</title></rss>"
)


@pytest.mark.parametrize(
    "encoding",
    [
        "cp1251",
        "koi8-r",
        "iso8859-5",
        "cp866",
        "utf-8",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-8-sig",
    ],
)
def test_undeclared_russian_is_read_in_any_encoding(encoding: str) -> None:
    assert decode(RUSSIAN.encode(encoding)) == RUSSIAN


@pytest.mark.parametrize(
    ("text", "encoding", "declared", "header"),
    [
        ("Пикет", "cp1251", "windows-1251", ""),
        ("Пикет", "cp1251", "win-1251", ""),
        ("Пикет", "cp1251", "", "text/xml; charset=windows-1251"),
        ("Пикет", "cp1251", "utf-8", 'text/xml; charset="cp1251"'),
        ("Пикет", "cp1251", "windows-1251", "text/xml; charset=utf-8"),
        ("Пикет", "cp1251", "windows-1251", "text/xml; charset=ISO-8859-1"),
        ("Пикет", "koi8-r", "koi8-r", "text/xml"),
        ("Пикет", "utf-8", "windows-1251", ""),
        ("Пикет", "utf-8", "", "text/xml; charset=iso-8859-1"),
        ("Пикет", "utf-8", "no-such-thing", "text/xml; charset=base64"),
        ("Zażółć", "iso-8859-2", "iso-8859-2", ""),
        ("Zażółć", "cp1250", "windows-1250", ""),
        ("“smart”", "cp1252", "iso-8859-1", ""),
        ("ısrarlı", "cp1254", "iso-8859-9", ""),
        ("記者", "shift_jis", "Shift_JIS", ""),
        ("记者", "gb18030", "gb2312", ""),
        ("記者", "iso2022_jp", "iso-2022-jp", ""),
        ("기자", "euc_kr", "euc-kr", ""),
    ],
)
def test_what_is_declared_is_believed_as_far_as_it_can_be_true(
    text: str, encoding: str, declared: str, header: str
) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    body = f"{declaration}<rss>{text}</rss>"
    assert decode(body.encode(encoding), header) == body


def test_russian_that_claims_to_be_western_is_recognised() -> None:
    body = '<?xml version="1.0" encoding="iso-8859-1"?>' + RUSSIAN
    assert decode(body.encode("cp1251")) == body


def test_western_text_with_many_accents_stays_western() -> None:
    body = '<?xml version="1.0" encoding="iso-8859-1"?><rss>Été à Orléans: l’écolière dépitée a été relâchée après être passée à Évreux</rss>'.replace(
        "’", "'"
    )
    assert decode(body.encode("latin-1")) == body


def test_a_few_bad_bytes_cost_only_themselves() -> None:
    good = "Été à la préfecture: dix-sept étudiants relâchés".encode()
    assert (
        decode(b"<rss>" + good + b" \x93ok\x94 \x81</rss>")
        == "<rss>Été à la préfecture: dix-sept étudiants relâchés “ok” \ufffd</rss>"
    )


@settings(deadline=None, max_examples=150)
@given(
    st.binary(max_size=120),
    st.sampled_from(["", "text/xml; charset=utf-7", "text/xml; charset=shift_jis", "x; charset=utf-16"]),
)
def test_decoding_never_fails(body: bytes, header: str) -> None:
    assert isinstance(decode(body, header), str)
