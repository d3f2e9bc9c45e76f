// SPDX-License-Identifier: Apache-2.0
/** Pages for readers: the front, an article with its comments, search. */
#include "proxy/demo/files.h"
#include "proxy/demo/form.h"
#include "proxy/demo/frame.h"
#include "proxy/demo/html.h"
#include "proxy/demo/site.h"

#include <assert.h>
#include <stdio.h>

enum { WORDS_BYTES_MAX = 200 };

/* All comments under one article, each byte escaped to six, still make a page. */
static_assert(COMMENTS_MAX * (COMMENT_NAME_BYTES + COMMENT_TEXT_BYTES + 60) * 6 + 16384 <=
                  ANSWER_BODY_MAX,
              "a page of comments");

static void put_date(struct buf *out, enum language language, real_ms at) {
  buf_put_text(out, "<time datetime=\"");
  language_put_instant(out, at);
  buf_put_text(out, "\">");
  language_put_date(out, language, at);
  buf_put_text(out, "</time>");
}

static void put_card(struct buf *out, const struct site *s, const struct article *a, bool lead) {
  struct buf date;
  buf_init(&date, 256);
  put_date(&date, a->language, site_published(s, a));
  HTML_FILL(out, files_get(FILE_card), {"class", lead ? SPAN("card lead") : SPAN("card")},
            {"language", span_of(language_words(a->language)->tag)}, {"slug", span_of(a->slug)},
            {"section", span_of(a->section)}, {"title", span_of(a->title)},
            {"lead", span_of(a->lead)}, {"author", span_of(a->author)}, {"date", buf_span(&date)});
  buf_fini(&date);
}

/* ---- the front and the search ---- */

/** The tag of ?lang=, or LANGUAGES: all. */
static enum language wanted(struct span query) {
  char tag[4];
  struct span given = form_field(query, SPAN("lang"), tag, sizeof(tag));
  enum language language = KAZAKH;
  while (language < LANGUAGES && !span_eq(given, span_of(language_words(language)->tag)))
    language++;
  return language;
}

static void put_languages(struct buf *out, enum language chosen) {
  bool all = chosen == LANGUAGES;
  buf_printf(out, "<a href=\"/\"%s>Барлығы</a>", all ? " aria-current=\"page\"" : "");
  for (enum language i = KAZAKH; i < LANGUAGES; i++) {
    const struct language_words *w = language_words(i);
    buf_printf(out, "<a href=\"/?lang=%s\" lang=\"%s\" hreflang=\"%s\"%s>%s</a>", w->tag, w->tag,
               w->tag, i == chosen ? " aria-current=\"page\"" : "", w->name);
  }
}

void pages_front(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  struct span query = span_skip(ask->head->query, 1);
  enum language chosen = wanted(query);
  struct buf cards, languages, main;
  buf_init(&cards, ANSWER_BODY_MAX);
  buf_init(&languages, 4096);
  buf_init(&main, ANSWER_BODY_MAX);
  bool lead = true;
  for (unsigned i = 0; i < ARTICLES_COUNT; i++) {
    if (chosen != LANGUAGES && ARTICLES[i].language != chosen) continue;
    put_card(&cards, s, &ARTICLES[i], lead);
    lead = false;
  }
  put_languages(&languages, chosen);
  HTML_FILL(&main, files_get(FILE_front), {"languages", buf_span(&languages)},
            {"cards", buf_span(&cards)});
  buf_fini(&cards);
  buf_fini(&languages);
  frame_page(a, 200, "kk", SPAN("Басты бет"), &main);
}

void pages_search(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  char text[WORDS_BYTES_MAX + 1];
  struct span query = span_skip(ask->head->query, 1);
  struct span words = span_trim(form_field(query, SPAN("s"), text, sizeof(text)));
  struct buf cards, main;
  buf_init(&cards, ANSWER_BODY_MAX);
  buf_init(&main, ANSWER_BODY_MAX);
  unsigned found = 0;
  for (unsigned i = 0; i < ARTICLES_COUNT && words.len; i++) {
    if (!articles_match(&ARTICLES[i], words)) continue;
    put_card(&cards, s, &ARTICLES[i], false);
    found++;
  }
  char count[16];
  int len = snprintf(count, sizeof(count), "%u", found);
  HTML_FILL(&main, files_get(FILE_search), {"words", words},
            {"count", span_from(count, (size_t)len)}, {"cards", buf_span(&cards)});
  buf_fini(&cards);
  frame_page(a, 200, "kk", SPAN("Іздеу"), &main);
}

/* ---- an article ---- */

static void put_comments(struct buf *out, const struct site *s, unsigned number) {
  const struct language_words *w = language_words(ARTICLES[number].language);
  unsigned cursor = 0, count = 0;
  const struct comment *one;
  while ((one = comments_next(&s->comments, number, &cursor))) {
    struct buf date;
    buf_init(&date, 256);
    put_date(&date, ARTICLES[number].language, one->at);
    HTML_FILL(out, files_get(FILE_comment), {"name", span_of(one->name)}, {"date", buf_span(&date)},
              {"text", span_of(one->text)});
    buf_fini(&date);
    count++;
  }
  if (count == 0) buf_printf(out, "<p class=\"quiet\">%s</p>", w->no_comments);
}

static void put_paragraphs(struct buf *out, const struct article *a) {
  for (unsigned i = 0; i < ARTICLE_PARAGRAPHS; i++) {
    buf_put_text(out, "<p>");
    html_escape(out, span_of(a->paragraphs[i]));
    buf_put_text(out, "</p>\n");
  }
}

void pages_article(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  unsigned number = articles_find(rest);
  if (number == ARTICLES_COUNT) {
    frame_message(a, 404, "Мұндай мақала жоқ", "Такой статьи нет. There is no such article.");
    return;
  }
  const struct article *it = &ARTICLES[number];
  const struct language_words *w = language_words(it->language);
  struct buf main, date, paragraphs, comments;
  buf_init(&main, ANSWER_BODY_MAX);
  buf_init(&date, 256);
  buf_init(&paragraphs, 65536);
  buf_init(&comments, ANSWER_BODY_MAX);
  put_date(&date, it->language, site_published(s, it));
  put_paragraphs(&paragraphs, it);
  put_comments(&comments, s, number);
  HTML_FILL(&main, files_get(FILE_article), {"slug", span_of(it->slug)},
            {"section", span_of(it->section)}, {"title", span_of(it->title)},
            {"lead", span_of(it->lead)}, {"author", span_of(it->author)}, {"date", buf_span(&date)},
            {"drawing", span_of(w->author_photo)}, {"paragraphs", buf_span(&paragraphs)},
            {"heading", span_of(w->comments)}, {"comments", buf_span(&comments)},
            {"your_name", span_of(w->your_name)}, {"your_comment", span_of(w->your_comment)},
            {"send", span_of(w->send)});
  if (comments.overflow) main.overflow = true;
  buf_fini(&date);
  buf_fini(&paragraphs);
  buf_fini(&comments);
  frame_page(a, 200, w->tag, span_of(it->title), &main);
}

void pages_comment(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  char slug[32], name[COMMENT_NAME_BYTES + 1], text[COMMENT_TEXT_BYTES + 1];
  struct span article = form_field(ask->form, SPAN("comment_post_ID"), slug, sizeof(slug));
  struct span author = form_field(ask->form, SPAN("author"), name, sizeof(name));
  struct span said = form_field(ask->form, SPAN("comment"), text, sizeof(text));
  unsigned number = articles_find(article);
  if (number == ARTICLES_COUNT || !span_trim(author).len || !span_trim(said).len) {
    frame_message(a, 400, "Атыңыз бен пікіріңізді жазыңыз",
                  "Нужны имя и комментарий. A name and a comment are needed.");
    return;
  }
  struct comment *c = comments_add(&s->comments);
  c->article = number;
  c->at = ask->now;
  memcpy(c->name, name, author.len + 1);
  memcpy(c->text, text, said.len + 1);
  char location[64];
  int len = snprintf(location, sizeof(location), "/news/%s#comments", ARTICLES[number].slug);
  answer_redirect(a, 303, span_from(location, (size_t)len));
}
