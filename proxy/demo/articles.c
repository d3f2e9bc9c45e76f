// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/articles.h"

#include "proxy/demo/fold.h"

/* clang-format off */
const struct article ARTICLES[ARTICLES_COUNT] = {
    {"kopir", KAZAKH, "Қоғам", "Алтынөзекке жаңа көпір салынды: мектепке енді он минуттық жол",
     "Жусансай балалары бұрын өзенді айналып, сегіз шақырым жүретін. Бүгін таңертең олар жаңа көпірмен алғаш рет жаяу "
     "өтті.",
     "Ботагөз Сырымбет", 35,
     {"Ағаш пен болаттан салынған көпірді ауыл тұрғындары екі жыл күтті. Жоба қарапайым: ені үш метр, ұзындығы тоқсан "
      "метр, шамдары күн сәулесінен қуат алады.",
      "«Бұрын көктемде су тасығанда сабақ екі аптаға тоқтайтын. Енді қоңырау уақытында соғылады», – дейді мектеп "
      "мұғалімі Гүлнәр Тоқсан.",
      "Ауылдастар көпірге ат қоюды балаларға тапсырды. Дауыс беру жұма күні, мектеп асханасында өтеді."}},
    {"parol", RUSSIAN, "Технологии", "Один пароль на всё: редакция проверила себя и нашла три двери настежь",
     "Мы взяли собственные привычки за исследование. Итог: четыре часа работы, новый порядок и ни одного повторного "
     "пароля.",
     "Тимур Ковылин", 80,
     {"Началось с письма читателя: его почту открыли паролем, который он когда-то придумал для кулинарного форума. Так "
      "работает подстановка учётных данных: украденное в одном месте пробуют везде.",
      "Мы выписали все входы редакции: сайт, рассылка, съёмочный архив. Три из девяти открывались одним и тем же "
      "словом. Теперь пароли длинные и разные, а второй шаг подтверждения включён у всех.",
      "Совет, который сработал у нас: не запоминать, а хранить. Менеджер паролей установили за обед, и спорить с ним "
      "перестали к ужину."}},
    {"lake", ENGLISH, "Environment", "The lake that came back: five springs of patient work at Nurlykol",
     "Volunteers planted saxaul on the dry bed and cleared one forgotten channel. This week the water reached the old "
     "pier.",
     "Dana Kestrel", 140,
     {"The pier at Nurlykol stood in sand for eleven years. On Tuesday a child dropped a pebble from its end and, for "
      "the first time in her life, heard a splash.",
      "There was no great machine. Each spring forty people came with shovels, cleared another stretch of the channel "
      "and planted another row of saxaul to hold the dust.",
      "“We are not heroes,” says Marat Tolagai, who keeps the tally in a school notebook. “We simply came again.”"}},
    {"kitaphana", KAZAKH, "Мәдениет", "Түйе үстіндегі кітапхана: мың кітап алыс қыстаққа жетті",
     "Көшпелі кітапхана айына бір рет жолға шығады. Ең көп сұралатыны – ертегілер мен жұлдызды аспан атласы.",
     "Ернар Шалғын", 210,
     {"Керуеннің алдында – Ақбота атты түйе. Оның екі жағына ілінген сандықтарда мың кітап бар, әрқайсысының өз орны "
      "бар.",
      "Кітапханашы Әсел Бұлақ оқырмандардың тілегін дәптерге жазып алады. Келесі айда сол кітаптар қыстаққа жетеді.",
      "Балалар кітапты қайтарғанда ішіне бір сурет салып қояды. Сол суреттерден көрме ашу жоспарланып отыр."}},
    {"veter", RUSSIAN, "Экономика", "Ветряк на краю степи: посёлок впервые продал электричество соседям",
     "Башню собирали всем селом, а расчёты вёл выпускной класс. Первый месяц принёс деньги на крышу клуба.",
     "Алия Жусан", 320,
     {"Ветер в Жусансае дует двести восемьдесят дней в году. Раньше он только хлопал калитками, теперь вращает лопасти "
      "длиной девять метров.",
      "Излишек уходит в соседний посёлок по договору на одну страницу. Школьники сами сняли показания и посчитали, что "
      "башня окупится за шесть лет.",
      "Вторую решили ставить ближе к ферме. Спор о цвете лопастей пока не закончен."}},
    {"telescope", KAZAKH, "Ғылым", "Оқушылар телескопты өз қолымен құрастырып, Сатурн сақинасын көрді",
     "Айнасы ескі кеме шамынан, тіреуі арба дөңгелегінен жасалған. Ал көрінетіні – шынайы аспан.",
     "Ботагөз Сырымбет", 460,
     {"Физика үйірмесінің он бір мүшесі айнаны төрт ай бойы тегістеді. Қателік шаш жуандығының мыңнан бірінен аспауы "
      "тиіс еді.",
      "Бірінші түні аспан бұлтты болды, екінші түні жел соқты. Үшінші түні Сатурн сақинасымен көрінді.",
      "Енді әр сенбіде мектеп ауласында есік ашық: кез келген адам келіп, аспанға қарай алады."}},
    {"avtobus", RUSSIAN, "Город", "Автобус № 7 вернётся: жители отстояли ночной маршрут",
     "Медсёстры, пекари и сторожа собрали восемьсот подписей. Первый ночной рейс выйдет в понедельник.",
     "Тимур Ковылин", 610,
     {"Маршрут отменили весной, потому что в отчёте стояло: пассажиров мало. Жители неделю считали сами и насчитали "
      "втрое больше.",
      "На встрече в депо спорили без крика. Сошлись на пяти рейсах и на том, что автобус будет останавливаться у "
      "больницы по просьбе.",
      "Пекарь Роза Тарлан обещала водителю первого рейса горячую лепёшку."}},
    {"chess", ENGLISH, "People", "A chess club in a yurt draws players from three valleys",
     "There are nine boards, one stove and a single rule: whoever loses makes the tea. Some lose on purpose.",
     "Dana Kestrel", 800,
     {"The club meets where the three roads cross, so that nobody has to ride farther than anybody else. In winter the "
      "horses outnumber the players.",
      "Its youngest member is eight and has not made tea since October. Its oldest, Sapar Uly, says he has been losing "
      "to better and better people, which he counts as progress.",
      "The spring tournament is open to all. Bring a board if you have one, and a cup."}},
    {"alma", KAZAKH, "Экономика", "Жүз жылдық алма бағы қайта гүлдеді: қырық отбасы бірігіп сақтап қалды",
     "Ескі бақ отынға кесілуге шақ қалған еді. Енді оның алғашқы өнімі базарға шықты.",
     "Ернар Шалғын", 1020,
     {"Бақта екі жүз түп ағаш бар, ең кәрісі жүз төрт жаста. Оны отырғызған адамның шөбересі бүгін бақтың күтушісі.",
      "Отбасылар су жолын тазартып, әр ағашқа нөмір берді. Әркім өз нөміріне жауап береді.",
      "Биыл сегіз тонна алма жиналды. Табыстың жартысы жаңа көшетке жұмсалады."}},
    {"saiga", RUSSIAN, "Природа", "Сайгаки вышли к дороге, и дорога подождала",
     "Водители остановились сами и полчаса стояли молча. Теперь на этом участке появится знак и сезонный объезд.",
     "Алия Жусан", 1290,
     {"Стадо подошло к трассе на рассвете. Первый грузовик погасил фары, за ним второй, и колонна растянулась на "
      "километр.",
      "«Двадцать лет езжу, такого не видел», – говорит водитель Болат Кияк. Он снял переход на телефон, но никому не "
      "отправил: не хочет, чтобы приехали толпы.",
      "Учёные просят об одном: если видите стадо, глушите мотор и ждите."}},
    {"dombyra", KAZAKH, "Мәдениет", "Түнгі пойызда домбыра үні: жолаушылар концерті он вагонға тарады",
     "Пойыз далада тоқтап қалғанда біреу домбырасын шығарды. Таңға дейін ешкім ұйықтамады.",
     "Әсем Тобылғы", 1610,
     {"Жол жөндеу төрт сағатқа созылды. Алғашқы күй үшінші вагоннан естіліп, біртіндеп бүкіл пойызға жетті.",
      "Жолсеріктер шай таратты, балалар ән айтты. Бір жолаушы күйді телефонға жазып, редакцияға жіберді.",
      "Теміржолшылар енді айына бір рет «күй түнін» өткізуді ұсынып отыр."}},
    {"radio", ENGLISH, "Media", "Night radio: the last live voice between two towns",
     "From midnight to five one woman, one microphone and a pot of tea keep four hundred kilometres of road awake.",
     "Dana Kestrel", 2000,
     {"Truckers call her the lighthouse. Her name is Saule Arna, and she has read the weather, the news and other "
      "people's letters every night for nineteen years.",
      "The station has been told often that machines could do it. “A machine does not notice when a caller goes "
      "quiet,” she says.",
      "Last winter she talked a lost driver home, bend by bend, for two hours. He still sends her apricots."}},
};
/* clang-format on */

unsigned articles_find(struct span slug) {
  unsigned i = 0;
  while (i < ARTICLES_COUNT && !span_eq(span_of(ARTICLES[i].slug), slug)) i++;
  return i;
}

bool articles_match(const struct article *a, struct span words) {
  bool found = fold_contains(span_of(a->title), words) || fold_contains(span_of(a->lead), words) ||
               fold_contains(span_of(a->section), words) ||
               fold_contains(span_of(a->author), words);
  for (unsigned i = 0; i < ARTICLE_PARAGRAPHS && !found; i++) {
    found = fold_contains(span_of(a->paragraphs[i]), words);
  }
  return found;
}
