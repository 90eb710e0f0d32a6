"""Words that stand in nearly every text of a language. Asked for alone they would match every post of it.

Function words only, by language; a word that also names something worth an alert in another language is left out
where it is not among the commonest. What is common for other reasons ("president", "said") the preview tells.
"""

from __future__ import annotations

_COMMON = (
    # English
    "a an and are as at be been but by for from had has have he her his i if in is it its more new no not of on or our "
    "out over said says she so than that the their them there they this to was we were what when which who will with "
    "would you "
    # German, French, Spanish, Portuguese, Italian, Romanian
    "auf das dem den der die ein eine im ist mit nicht und von zu des du et il la le les pas pour que qui sur un une "
    "con de del el en es las los para por se una y da do e em na no o os um uma che di è in per si cu din la pe şi și "
    # Polish, Turkish, Azerbaijani, Uzbek
    "i jest na nie o od po się w z za że bir bu da de ile için ve bu ilə üçün və bilan uchun va "
    # Russian, Ukrainian, Belarusian, Bulgarian, Serbian
    "а без более в во все всё для до его ее её если еще ещё за и из или их к как когда который которые ли на над не но "
    "о об он она они от по под при с со так также что чтобы это я був була було бути від він вона вони все ще з за і й "
    "його із її їх на не про та те у цей ці чи що як ад але гэта з за не пра што у ў як да се си ще е съм су је "
    # Kazakh, Kyrgyz, Tajik
    "бен бұл да де деп мен және үшін бул жана менен үчүн аз бо ва дар ки "
    # Georgian, Armenian, Persian, Arabic
    "არის და ეს რომ იყო է են եւ և որ այս از است با به در را که و این آن من في على إلى عن أن هذا "
)
COMMON = frozenset(_COMMON.split())
