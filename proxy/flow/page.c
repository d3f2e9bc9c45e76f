// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/page.h"

#include "proxy/flow/front.h"
#include "proxy/http/h1.h"

enum language { KAZAKH, RUSSIAN, ENGLISH, LANGUAGES };

struct words {
  const char *title, *text;
};

/* clang-format off */
/* One row a kind of trouble: the first status of the kind, then title and text in each language. */
static const struct {
  int status;
  struct words in[LANGUAGES];
} PAGES[] = {
    {400, {{"Сұрау түсініксіз", "Браузер біз түсінбейтін сұрау жіберді."},
           {"Запрос непонятен", "Браузер прислал запрос, который мы не можем понять."},
           {"The request was not understood", "Your browser sent a request that we cannot read."}}},
    {403, {{"Рұқсат жоқ", "Бұл сұрау қабылданбады. Қате болса, редакцияға төмендегі нөмірмен хабарласыңыз."},
           {"Доступ закрыт", "Этот запрос не принят. Если это ошибка, сообщите редакции номер ниже."},
           {"Not allowed", "This request was not accepted. If that is a mistake, tell the newsroom the number below."}}},
    {408, {{"Уақыт бітті", "Сұрау толық келмеді. Қайталап көріңіз."},
           {"Время вышло", "Запрос не пришёл целиком. Попробуйте ещё раз."},
           {"Time ran out", "The request did not arrive in full. Please try again."}}},
    {421, {{"Мұндай сайт жоқ", "Бұл серверде ондай атаумен сайт жоқ."},
           {"Такого сайта нет", "На этом сервере нет сайта с таким именем."},
           {"No such site", "No site of that name is served here."}}},
    {429, {{"Тым жиі", "Сұраулар тым көп. Сәл күтіп, қайталаңыз."},
           {"Слишком часто", "Слишком много запросов. Подождите немного и повторите."},
           {"Too often", "Too many requests. Please wait a little and try again."}}},
    {502, {{"Сайт уақытша ашылмай тұр", "Сайттың сервері жауап бере алмады. Бірнеше минуттан кейін қайталаңыз."},
           {"Сайт временно недоступен", "Сервер сайта не смог ответить. Попробуйте через несколько минут."},
           {"The site is not available just now", "Its server could not answer. Please try again in a few minutes."}}},
    {503, {{"Сайтқа қазір тым көп адам кірді", "Сервер үлгермей жатыр. Бір минуттан кейін қайталаңыз."},
           {"Сайт перегружен", "Сервер не успевает отвечать. Попробуйте через минуту."},
           {"The site is very busy", "Its server cannot keep up. Please try again in a minute."}}},
    {504, {{"Сайт уақытында жауап бермеді", "Сервер тым ұзақ ойланды. Бірнеше минуттан кейін қайталаңыз."},
           {"Сайт не ответил вовремя", "Сервер думал слишком долго. Попробуйте через несколько минут."},
           {"The site did not answer in time", "Its server took too long. Please try again in a few minutes."}}},
};
static const char *const TAGS[LANGUAGES] = {"kk", "ru", "en"};
static const char *const REFERENCE[LANGUAGES] = {"Нөмірі", "Номер", "Reference"};
/* clang-format on */

static const struct words *words_of(int status, enum language language) {
  unsigned best = status >= 500 ? 5 : 0;
  for (unsigned i = 0; i < sizeof(PAGES) / sizeof(PAGES[0]); i++) {
    if (PAGES[i].status == status) best = i;
  }
  return &PAGES[best].in[language];
}

static unsigned quality_of(struct span element) {
  struct span rest = element;
  span_cut(&rest, ';');
  rest = span_trim(rest);
  if (!span_starts(rest, SPAN("q="))) return 1000;
  unsigned value = 0, digits = 0;
  for (size_t i = 2; i < rest.len && digits < 4; i++) {
    if (rest.at[i] == '.') continue;
    if (rest.at[i] < '0' || rest.at[i] > '9') break;
    value = value * 10 + (unsigned)(rest.at[i] - '0');
    digits++;
  }
  while (digits++ < 4) value *= 10;
  return value;
}

/* RFC 9110 §12.5.4, by the primary subtag. */
static enum language language_of(const struct exchange *x) {
  const struct header *h = message_find(&x->request, HEADER_ACCEPT_LANGUAGE);
  enum language best = ENGLISH;
  unsigned best_quality = 0;
  struct span rest = h ? h->value : span_from(NULL, 0);
  while (rest.len) {
    struct span element = header_element(&rest);
    unsigned quality = quality_of(element);
    for (unsigned i = 0; i < LANGUAGES; i++) {
      bool named =
          element.len >= 2 && span_eq_nocase(span_from(element.at, 2), span_from(TAGS[i], 2));
      if (named && quality > best_quality) {
        best = (enum language)i;
        best_quality = quality;
      }
    }
  }
  return best;
}

static void put_page(struct buf *b, const struct exchange *x, int status) {
  enum language language = language_of(x);
  const struct words *words = words_of(status, language);
  buf_printf(
      b,
      "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>%s</title>\n<style>\n"
      ":root { color-scheme: light dark }\n"
      "body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; "
      "padding: 0 1.5rem }\n"
      "h1 { font-size: 1.6rem; line-height: 1.25 }\n"
      "small { opacity: .65; font-family: ui-monospace, monospace }\n</style>\n</head>\n<body>\n"
      "<main>\n<h1>%s</h1>\n<p>%s</p>\n<p><small>%s: %.*s · "
      "%d</small></p>\n</main>\n</body>\n</html>\n",
      TAGS[language], words->title, words->title, words->text, REFERENCE[language], EXCHANGE_ID_LEN,
      x->id, status);
}

static void add(struct message *m, struct exchange *x, struct span name, struct span value) {
  message_add(m, &x->arena, name, value, 64);
}

static void answer(struct exchange *x, struct message *m, struct span body) {
  struct buf *b = &x->flow->scratch; /* `body` may stand there: the number is put behind it */
  uint32_t before = b->end;
  buf_put_u64(b, body.len);
  add(m, x, SPAN("Content-Length"),
      arena_copy(&x->arena, span_from(b->at + before, b->end - before)));
  add(m, x, SPAN("Cache-Control"), SPAN("no-store"));
  add(m, x, SPAN("X-Request-Id"), span_from(x->id, EXCHANGE_ID_LEN));
  m->minor = 1;
  m->keep_alive = true;
  m->head_only = message_is(&x->request, SPAN("HEAD"));
  m->length = body.len;
  m->body = m->head_only || body.len == 0 ? BODY_NONE : BODY_LENGTH;
  exchange_answer_ours(x, m, m->body == BODY_NONE ? span_from(NULL, 0) : body);
}

void page_answer(struct exchange *x, int status) {
  struct message m = {.status = status};
  struct buf *b = &x->flow->scratch;
  buf_reset(b);
  put_page(b, x, status);
  add(&m, x, SPAN("Content-Type"), SPAN("text/html; charset=utf-8"));
  add(&m, x, SPAN("X-Content-Type-Options"), SPAN("nosniff"));
  add(&m, x, SPAN("Content-Language"), span_of(TAGS[language_of(x)]));
  if (status == 429) {
    int64_t retry_ms = x->ruling ? x->ruling->retry_ms : 0;
    uint64_t seconds = retry_ms > 1000 ? ((uint64_t)retry_ms + 999) / 1000 : 1;
    add(&m, x, SPAN("Retry-After"), arena_printf(&x->arena, "%llu", (unsigned long long)seconds));
  }
  if (status == 502 || status == 504) add(&m, x, SPAN("Retry-After"), SPAN("60"));
  if (status == 503) add(&m, x, SPAN("Retry-After"), SPAN("30"));
  if (status == 405)
    add(&m, x, SPAN("Allow"), SPAN("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
  /* The front copies the page at once: thousands of refused requests do not hold it twice. */
  buf_room(b, 24);
  answer(x, &m, buf_span(b));
}

void page_redirect_https(struct exchange *x) {
  struct message m = {.status = 308};
  buf_reset(&x->flow->scratch);
  struct span location = arena_printf(&x->arena, "https://%.*s%.*s%.*s", SPAN_ARG(x->request.host),
                                      SPAN_ARG(x->request.path), SPAN_ARG(x->request.query));
  add(&m, x, SPAN("Location"), location);
  answer(x, &m, span_from(NULL, 0));
}
