// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/language.h"

#include <time.h>

enum { AHEAD_MS = 5 * 3600 * 1000 };

/* clang-format off */
static const struct language_words WORDS[LANGUAGES] = {
    [KAZAKH] = {"kk", "Қазақша", "Пікірлер", "Әзірге пікір жоқ. Бірінші болыңыз.", "Атыңыз", "Пікіріңіз", "Жіберу",
                "Сурет: «Дала таңы»",
                {"қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан",
                 "қараша", "желтоқсан"}},
    [RUSSIAN] = {"ru", "Русский", "Комментарии", "Пока никто не написал. Будьте первым.", "Имя", "Комментарий",
                 "Отправить", "Рисунок: «Дала таңы»",
                 {"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября",
                  "ноября", "декабря"}},
    [ENGLISH] = {"en", "English", "Comments", "Nobody has written yet. Be the first.", "Your name", "Comment", "Send",
                 "Drawing: Dala Tangy",
                 {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December"}},
};
/* clang-format on */

const struct language_words *language_words(enum language language) {
  return &WORDS[language];
}

void language_put_date(struct buf *out, enum language language, real_ms at) {
  time_t seconds = (time_t)((at + AHEAD_MS) / 1000);
  struct tm t;
  gmtime_r(&seconds, &t);
  buf_printf(out, "%d %s %d, %02d:%02d", t.tm_mday, WORDS[language].months[t.tm_mon],
             t.tm_year + 1900, t.tm_hour, t.tm_min);
}

void language_put_instant(struct buf *out, real_ms at) {
  char text[25];
  clock_format(at, text);
  buf_put(out, span_from(text, 19));
  buf_put_byte(out, 'Z');
}
