// SPDX-License-Identifier: Apache-2.0
/** What browsers and robots fetch: style, pictures, robots.txt, feed, map. */
#include "proxy/demo/files.h"
#include "proxy/demo/frame.h"
#include "proxy/demo/html.h"
#include "proxy/demo/scenes.h"
#include "proxy/demo/site.h"

#include <stdio.h>
#include <time.h>

#define CACHED "public, max-age=300"

static void put_file(struct answer *a, enum file file, const char *type) {
  answer_begin(a, 200, type);
  answer_field(a, "Cache-Control", CACHED);
  buf_put(&a->body, files_get(file));
}

void assets_style(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  put_file(a, FILE_style, "text/css; charset=utf-8");
}

void assets_icon(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  put_file(a, FILE_icon, "image/svg+xml");
}

void assets_picture(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  struct span slug = span_cut(&rest, '.');
  unsigned number = articles_find(slug);
  if (number == ARTICLES_COUNT || !span_eq(rest, SPAN("svg"))) {
    frame_message(a, 404, "Мұндай сурет жоқ", "Такого рисунка нет. There is no such picture.");
    return;
  }
  answer_begin(a, 200, "image/svg+xml");
  answer_field(a, "Cache-Control", CACHED);
  scenes_put(&a->body, number);
}

/** "https://HOST", as the visitor asked for it: TLS ends before us. */
static void put_origin(struct buf *out, const struct ask *ask) {
  buf_put_text(out, "https://");
  html_escape(out, ask->head->authority);
}

void assets_robots(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  answer_begin(a, 200, "text/plain; charset=utf-8");
  buf_put_text(&a->body, "User-agent: *\nDisallow: /wp-admin/\nSitemap: ");
  put_origin(&a->body, ask);
  buf_put_text(&a->body, "/sitemap.xml\n");
}

void assets_sitemap(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  answer_begin(a, 200, "application/xml; charset=utf-8");
  buf_put_text(&a->body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                         "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
  for (unsigned i = 0; i < ARTICLES_COUNT; i++) {
    buf_put_text(&a->body, "<url><loc>");
    put_origin(&a->body, ask);
    buf_printf(&a->body, "/news/%s</loc><lastmod>", ARTICLES[i].slug);
    language_put_instant(&a->body, site_published(s, &ARTICLES[i]));
    buf_put_text(&a->body, "</lastmod></url>\n");
  }
  buf_put_text(&a->body, "</urlset>\n");
}

/* RSS 2.0 wants the dates of RFC 822. */
static struct span mail_date(real_ms at, char text[40]) {
  time_t seconds = (time_t)(at / 1000);
  struct tm t;
  gmtime_r(&seconds, &t);
  return span_from(text, strftime(text, 40, "%a, %d %b %Y %H:%M:%S +0000", &t));
}

void assets_feed(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  struct buf items, origin;
  buf_init(&items, ANSWER_BODY_MAX);
  buf_init(&origin, 4096);
  put_origin(&origin, ask);
  for (unsigned i = 0; i < ARTICLES_COUNT; i++) {
    const struct article *it = &ARTICLES[i];
    char date[40];
    HTML_FILL(&items, files_get(FILE_feed_item), {"title", span_of(it->title)},
              {"origin", buf_span(&origin)}, {"slug", span_of(it->slug)},
              {"date", mail_date(site_published(s, it), date)},
              {"language", span_of(language_words(it->language)->tag)},
              {"author", span_of(it->author)}, {"lead", span_of(it->lead)});
  }
  answer_begin(a, 200, "application/rss+xml; charset=utf-8");
  HTML_FILL(&a->body, files_get(FILE_feed), {"origin", buf_span(&origin)},
            {"items", buf_span(&items)});
  buf_fini(&items);
  buf_fini(&origin);
}
