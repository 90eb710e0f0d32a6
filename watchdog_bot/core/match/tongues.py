"""Languages by code and English name, as far as a query may ask for them with `lang:`.

Codes are those of ISO 639-1, and of ISO 639-3 for languages of this field that have no shorter one.
"""

from __future__ import annotations

_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo "
    "es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg "
    "ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mo mr ms mt my na nb nd ne ng nl "
    "nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv "
    "sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu "
    "ady chm ckb crh gag inh kaa kbd kjh krc kmr lez mdf mhr myv prs rom sah tyv udm xal"
)
CODES = frozenset(_CODES.split())
NAMES = {
    "afrikaans": "af", "albanian": "sq", "amharic": "am", "arabic": "ar", "armenian": "hy", "azerbaijani": "az",
    "bashkir": "ba", "basque": "eu", "belarusian": "be", "bengali": "bn", "bosnian": "bs", "bulgarian": "bg",
    "burmese": "my", "catalan": "ca", "chechen": "ce", "chinese": "zh", "chuvash": "cv", "crimean tatar": "crh",
    "croatian": "hr", "czech": "cs", "danish": "da", "dari": "prs", "dutch": "nl", "english": "en", "esperanto": "eo",
    "estonian": "et", "farsi": "fa", "finnish": "fi", "french": "fr", "georgian": "ka", "german": "de", "greek": "el",
    "hebrew": "he", "hindi": "hi", "hungarian": "hu", "indonesian": "id", "irish": "ga", "italian": "it",
    "japanese": "ja", "karakalpak": "kaa", "kazakh": "kk", "korean": "ko", "kurdish": "ku", "kurmanji": "kmr",
    "kyrgyz": "ky", "latvian": "lv", "lithuanian": "lt", "macedonian": "mk", "malay": "ms", "moldovan": "mo",
    "mongolian": "mn", "montenegrin": "sr", "nepali": "ne", "norwegian": "no", "ossetian": "os", "pashto": "ps",
    "persian": "fa", "polish": "pl", "portuguese": "pt", "punjabi": "pa", "romani": "rom", "romanian": "ro",
    "russian": "ru", "serbian": "sr", "sindhi": "sd", "slovak": "sk", "slovenian": "sl", "somali": "so",
    "sorani": "ckb", "spanish": "es", "swahili": "sw", "swedish": "sv", "tajik": "tg", "tamil": "ta", "tatar": "tt",
    "thai": "th", "tibetan": "bo", "tigrinya": "ti", "turkish": "tr", "turkmen": "tk", "uighur": "ug",
    "ukrainian": "uk", "urdu": "ur", "uyghur": "ug", "uzbek": "uz", "vietnamese": "vi", "yakut": "sah", "yiddish": "yi",
}  # fmt: skip
# Codes that people type for a language, and that are a country's, or were another standard's.
_MISTAKEN = {
    "am": "hy", "arm": "hy", "aze": "az", "bel": "be", "by": "be", "cz": "cs", "dk": "da", "eng": "en", "fra": "fr",
    "ge": "ka", "geo": "ka", "ger": "de", "gr": "el", "jp": "ja", "kg": "ky", "kz": "kk", "rus": "ru", "tj": "tg",
    "tm": "tk", "ua": "uk", "ukr": "uk",
}  # fmt: skip
_SHOWN = {code: name.title() for name, code in reversed(NAMES.items())}


def code_of(text: str) -> str | None:
    """The code of a language's folded code or English name; None where there is no such language."""
    return text if text in CODES else NAMES.get(text)


def meant(text: str) -> str | None:
    """The code that was probably meant by one that is none."""
    return _MISTAKEN.get(text)


def shown(code: str) -> str:
    """How a language is called in English; its code in quotation marks where this module has no name for it."""
    return _SHOWN.get(code, f"the language “{code}”")
