"""Names of the months in the languages of the sources, in the forms that dates use them.

A name of two months in two languages (listopad is November in Polish and Czech, October in Croatian) is kept for
the language listed here; the other is left out.
"""

from __future__ import annotations

import unicodedata

# Twelve columns a line; within a column, forms are separated by "/".
_TABLE = """
january/jan february/feb march/mar april/apr may june/jun july/jul august/aug september/sep/sept october/oct november/nov december/dec
январь/января/янв февраль/февраля/фев/февр март/марта/мар апрель/апреля/апр май/мая июнь/июня/июн июль/июля/июл август/августа/авг сентябрь/сентября/сен/сент октябрь/октября/окт ноябрь/ноября/ноя/нояб декабрь/декабря/дек
січень/січня/січ лютий/лютого/лют березень/березня/бер квітень/квітня/кві/квіт травень/травня/тра/трав червень/червня/чер/черв липень/липня/лип серпень/серпня/сер/серп вересень/вересня/вер жовтень/жовтня/жов/жовт листопад/листопада/лис грудень/грудня/гру/груд
студзень/студзеня/сту люты/лютага сакавік/сакавіка/сак красавік/красавіка/кра май/мая/траўня/травень чэрвень/чэрвеня/чэр ліпень/ліпеня/ліп жнівень/жніўня/жні верасень/верасня кастрычнік/кастрычніка/кас лістапад/лістапада/ліс снежань/снежня/сне
қаңтар/қаң ақпан/ақп наурыз/нау сәуір/сәу мамыр/мам маусым/мау шілде/шіл тамыз/там қыркүйек/қыр қазан/қаз қараша/қар желтоқсан/жел
qañtar/qantar aqpan nauryz säuır/sauir mamyr mausym şılde/shilde tamyz qyrküiek qazan qaraşa/qarasha jeltoqsan
январ феврал март апрел май июн июл август сентябр октябр ноябр декабр
yanvar/yan fevral/fev mart aprel may iyun/iyn iyul/iyl avqust/avq/avgust/avg sentyabr/sen oktyabr/okt noyabr/noy dekabr/dek
ýanwar fewral mart aprel maý iýun iýul awgust sentýabr oktýabr noýabr dekabr
ocak/oca şubat/şub mart nisan/nis mayıs haziran/haz temmuz/tem ağustos/ağu eylül/eyl ekim/eki kasım/kas aralık/ara
januar/jänner/jan februar/feber/feb märz/mär/maerz/mrz april mai juni juli august september oktober/okt november dezember/dez
janvier/janv février/févr/fév mars avril/avr mai juin juillet/juil août/aou septembre octobre novembre décembre/déc
enero/ene febrero marzo abril/abr mayo junio julio agosto/ago septiembre/setiembre/set octubre noviembre diciembre/dic
gennaio/gen febbraio marzo aprile maggio/mag giugno/giu luglio/lug agosto settembre ottobre/ott novembre dicembre
janeiro fevereiro março abril maio/mai junho julho agosto setembro outubro/out novembro dezembro
stycznia/styczeń/sty lutego/luty/lut marca/marzec kwietnia/kwiecień/kwi maja/maj czerwca/czerwiec/cze lipca/lipiec/lip sierpnia/sierpień/sie września/wrzesień/wrz października/październik/paź listopada/listopad/lis grudnia/grudzień/gru
ledna/leden/led února/únor/úno března/březen/bře dubna/duben/dub května/květen/kvě června/červen/čvn července/červenec/čvc srpna/srpen/srp září/zář října/říjen/říj listopadu/lis prosince/prosinec/pro
január február marec/marca apríl/apríla máj/mája jún/júna júl/júla august/augusta september/septembra október/októbra november/novembra december/decembra
ianuarie/ian februarie martie aprilie mai iunie/iun iulie/iul august septembrie octombrie noiembrie/noi decembrie
január/jan február/febr március/márc április/ápr május/máj június/jún július/júl augusztus/aug szeptember/szept október/okt november/nov december/dec
januari februari maart/mrt april mei juni juli augustus september oktober november december
januar februar mars april mai juni juli august september oktober november desember/des
januari februari mars april maj juni juli augusti september oktober november december
januar februar marts april maj juni juli august september oktober november december
tammikuuta/tammikuu helmikuuta/helmikuu maaliskuuta/maaliskuu huhtikuuta/huhtikuu toukokuuta/toukokuu kesäkuuta/kesäkuu heinäkuuta/heinäkuu elokuuta/elokuu syyskuuta/syyskuu lokakuuta/lokakuu marraskuuta/marraskuu joulukuuta/joulukuu
jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember
janvāris/janvārī februāris/februārī marts/martā aprīlis/aprīlī maijs/maijā jūnijs/jūnijā jūlijs/jūlijā augusts/augustā septembris/septembrī oktobris/oktobrī novembris/novembrī decembris/decembrī
sausio/sausis vasario/vasaris kovo/kovas balandžio/balandis gegužės/gegužė birželio/birželis liepos/liepa rugpjūčio/rugpjūtis rugsėjo/rugsėjis spalio/spalis lapkričio/lapkritis gruodžio/gruodis
януари/яну февруари март април май юни юли август септември/сеп октомври ноември/ное декември
јануар/јануари/јан фебруар/февруари/феб март април/апр мај јун/јуни јул/јули август/авг септембар/септември/сеп октобар/октомври/окт новембар/ноември/нов децембар/декември/дец
januar februar mart april maj jun jul avgust septembar oktobar novembar decembar
janar shkurt mars prill maj qershor korrik gusht shtator tetor/tet nëntor/nën dhjetor/dhj
ιανουάριος/ιανουαρίου/ιαν φεβρουάριος/φεβρουαρίου/φεβ μάρτιος/μαρτίου/μαρ απρίλιος/απριλίου/απρ μάιος/μαΐου/μαι ιούνιος/ιουνίου/ιουν ιούλιος/ιουλίου/ιουλ αύγουστος/αυγούστου/αυγ σεπτέμβριος/σεπτεμβρίου/σεπ οκτώβριος/οκτωβρίου/οκτ νοέμβριος/νοεμβρίου/νοε δεκέμβριος/δεκεμβρίου/δεκ
იანვარი/იან თებერვალი/თებ მარტი/მარ აპრილი/აპრ მაისი/მაი ივნისი/ივნ ივლისი/ივლ აგვისტო/აგვ სექტემბერი/სექ ოქტომბერი/ოქტ ნოემბერი/ნოე დეკემბერი/დეკ
հունվար/հունվարի/հնվ փետրվար/փետրվարի/փտվ մարտ/մարտի/մրտ ապրիլ/ապրիլի/ապր մայիս/մայիսի/մյս հունիս/հունիսի/հնս հուլիս/հուլիսի/հլս օգոստոս/օգոստոսի/օգս սեպտեմբեր/սեպտեմբերի/սեպ հոկտեմբեր/հոկտեմբերի/հոկ նոյեմբեր/նոյեմբերի/նոյ դեկտեմբեր/դեկտեմբերի/դեկ
يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
كانون شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين تشرين كانون
ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر
جنوری فروری مارچ اپریل مئی جون جولائی اگست ستمبر اکتوبر نومبر دسمبر
ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר
yanvar fevral mart aprel may iyun iyul avgust sentabr oktabr noyabr dekabr
januari februari mac/maret april mei jun/juni julai/juli ogos/agustus september oktober november disember/desember
जनवरी फ़रवरी/फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर/सितम्बर अक्टूबर/अक्तूबर नवंबर/नवम्बर दिसंबर/दिसम्बर
"""


def fold(word: str) -> str:
    """Case, accents and the dot of ı aside. Only to look months up."""
    plain = unicodedata.normalize("NFD", word.casefold())
    return "".join(char for char in plain if unicodedata.category(char) != "Mn").replace("ı", "i")


def _read_table() -> tuple[dict[str, int], frozenset[str]]:
    months: dict[str, int] = {}
    doubtful: set[str] = set()
    for line in _TABLE.strip().splitlines():
        for number, column in enumerate(line.split(), start=1):
            for form in column.split("/"):
                name = fold(form)
                if months.setdefault(name, number) != number:
                    doubtful.add(name)
    return {name: number for name, number in months.items() if name not in doubtful}, frozenset(doubtful)


MONTHS, DOUBTFUL = _read_table()


def month_named(word: str) -> int | None:
    """1 to 12, or None. A beginning of at least four letters is enough if it can only be one month's."""
    name = fold(word).rstrip(".")
    if name in MONTHS or name in DOUBTFUL:
        return MONTHS.get(name)
    if len(name) < 4:
        return None
    numbers = {number for known, number in MONTHS.items() if known.startswith(name)}
    return numbers.pop() if len(numbers) == 1 else None
