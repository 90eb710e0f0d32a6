"""Endings that names take in the languages whose cases are regular enough for a list.

For each language: what may be cut from the end of the name, and what may then stand there. Names are short lists
of whole words, so that every form is one of a known name and nothing is guessed from a tail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, slots=True)
class Endings:
    """`cut`: final letters, any of which is taken off a name; `plain`: endings put after the whole name."""

    cut: str = ""
    after_cut: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()

    def forms(self, word: str) -> tuple[str, ...]:
        stem = word[:-1] if word[-1:] and word[-1:] in self.cut else None
        cut = tuple(stem + end for end in self.after_cut) if stem else ()
        return tuple(dict.fromkeys((word, *cut, *(word + end for end in self.plain))))


def _agglutinated(plurals: str, cases: str) -> tuple[str, ...]:
    return tuple(
        plural + case
        for plural, case in product(["", *plurals.split()], ["", *cases.split()])
        if plural + case
    )


_KK = _agglutinated(
    "лар лер дар дер тар тер лық лік дық дік тық тік",
    "да де та те дан ден тан тен нан нен ға ге қа ке ды ді ты ті ны ні дың дің тың тің ның нің мен бен пен дағы дегі тағы тегі на не нда нде",
)
_KY = _agglutinated(
    "лар лер дар дер тар тер лор лөр дор дөр тор төр лык лик дык дик тык тик",
    "да де та те до дө дан ден тан тен дон дөн га ге ка ке го гө ко кө ды ди ты ти ны ни ну нү дын дин тын тин нын нин нун нүн дагы деги тагы теги",
)
_UZ = _agglutinated("lar lik liklar", "ni ning ga ka qa da dan dagi gacha ning")
_TR = _agglutinated(
    "lı li lu lü lar ler lılar liler",
    "da de ta te dan den tan ten ya ye a e yı yi yu yü ı i u ü nın nin nun nün ın in un ün yla yle la le nda nde ndan nden na ne daki deki taki teki",
)
_AZ = _agglutinated(
    "lı li lu lü lar lər lılar lilər",
    "da də dan dən ya yə a ə nı ni nu nü ı i u ü nın nin nun nün ın in un ün dakı dəki nda ndə ndan ndən na nə la lə",
)
_KA = "ი ის ს ში ით მა ზე თან იდან ისთვის ისა სა ისგან ამდე შიც ელი ელები ელმა ელის ული ულმა ულის დან სთვის მ სთან".split()  # noqa: SIM905
_HY = "ի ը ն ին ում ից ով ու ուն այի յան յանը յանի ցի ցիներ ցիների իցից իան".split()  # noqa: SIM905
_FA = ("ی", "ها", "های", "‌ها", "‌های", "‌ای", "یی", "یان", "ان")
_AR = ("ي", "ية", "يين", "يون", "يان", "يه")
_TG = ("ро", "иро", "и", "у", "ҳо", "ҳои", "ӣ", "ию", "ву", "ён", "иҳо")
_BE = tuple("я і ю яй яю ай аю а ы у е э ам ом ем ям ў аў ах".split())  # noqa: SIM905
_SR = tuple("a e i u o om em ama".split())  # noqa: SIM905
_SR_CYRILLIC = tuple("а е и у о ом ем ама".split())  # noqa: SIM905
_PL = tuple("i y u a ą ę ie e em om ów ach ami owi ii ie o".split())  # noqa: SIM905
_RO = tuple("a ei ii i ul ului e ele elor".split())  # noqa: SIM905
_SQ = tuple("a e ë i në së it in t n s ës ën isë inë ja jes jen".split())  # noqa: SIM905

ENDINGS: Mapping[str, Endings] = {
    "kk": Endings(plain=_KK),
    "ky": Endings(plain=_KY),
    "uz": Endings(plain=_UZ),
    "tr": Endings(plain=_TR),
    "az": Endings(plain=_AZ),
    "ka": Endings(
        cut="ი", after_cut=tuple(_KA), plain=("ს", "ში", "სთვის", "დან", "ზე", "თან", "ს", "სა", "მ", "შიც")
    ),
    "hy": Endings(
        cut="ա", after_cut=("այի", "ային", "այում", "այից", "այով", "ան", "ական", "ացի"), plain=tuple(_HY)
    ),
    "fa": Endings(plain=_FA),
    "ps": Endings(plain=(*_FA, "و", "ه", "ي")),
    "ar": Endings(cut="اةي", after_cut=_AR),
    "tg": Endings(plain=_TG),
    "be": Endings(cut="аяіыь", after_cut=_BE, plain=("а", "у", "ам", "ом", "е", "ы", "і", "аў")),
    "sr": Endings(cut="аеио", after_cut=_SR_CYRILLIC, plain=("а", "у", "ом", "е", "ем", "и")),
    "bs": Endings(cut="aeio", after_cut=_SR, plain=("a", "u", "om", "e", "em", "i")),
    "bg": Endings(plain=("т", "то", "та", "те")),
    "mk": Endings(),
    "pl": Endings(cut="aeyio", after_cut=_PL, plain=("u", "owi", "em", "ie", "a", "y", "i", "ów")),
    "ro": Endings(cut="aăe", after_cut=_RO, plain=("ul", "ului", "i", "ii")),
    "sq": Endings(cut="ëiea", after_cut=_SQ, plain=("a", "i", "it", "in", "t", "në", "së", "n", "s")),
    "de": Endings(plain=("s", "es")),
    "fr": Endings(),
    "es": Endings(),
}
