// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/site.h"

#include "proxy/http/h1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { NOW = 1795000000 };

static struct site site;
static struct answer answer;
static char text[ANSWER_BODY_MAX + 1], fields[ANSWER_FIELDS_MAX + 1];

static void keep(const struct buf *b, char *out) {
  struct span all = buf_span(b);
  if (all.len) memcpy(out, all.at, all.len);
  out[all.len] = 0;
}

/* Asks, and leaves the answer in `answer`, `text` and `fields`. */
static int ask(const char *line, const char *further, const char *form) {
  static const struct http_bounds BOUNDS = {65536, 100, 8192, 0, 0};
  char head[4096];
  int len =
      snprintf(head, sizeof(head), "%s HTTP/1.1\r\nHost: demo.test:8443\r\n%s\r\n", line, further);
  struct arena arena;
  struct message m = {0};
  arena_init(&arena, NULL, 0, 1 << 20);
  assert_int_equal(h1_request(span_from(head, (size_t)len), &m, &arena, &BOUNDS), REFUSED_NONE);
  struct ask a = {&m, span_from(head, (size_t)len), span_of(form), (real_ms)NOW * 1000};
  answer_init(&answer);
  site_answer(&site, &a, &answer);
  assert_false(answer.body.overflow || answer.fields.overflow);
  keep(&answer.body, text);
  keep(&answer.fields, fields);
  answer_fini(&answer);
  arena_fini(&arena);
  return answer.status;
}

static int get(const char *path) {
  char line[512];
  snprintf(line, sizeof(line), "GET %s", path);
  return ask(line, "", "");
}

static void assert_holds(const char *whole, const char *part) {
  if (!strstr(whole, part)) fail_msg("no '%s' in:\n%s", part, whole);
}

static void assert_lacks(const char *whole, const char *part) {
  if (strstr(whole, part)) fail_msg("'%s' is in:\n%s", part, whole);
}

static int begin(void **state) {
  site = (struct site){.began = (real_ms)NOW * 1000};
  return 0;
}

static void every_link_of_every_page_leads_somewhere(void **state) {
  static char page[sizeof(text)];
  static const char *const PAGES[] = {"/", "/news/kopir", "/search?s=a", "/wp-login.php",
                                      "/nowhere"};
  unsigned links = 0;
  for (size_t i = 0; i < sizeof(PAGES) / sizeof(PAGES[0]); i++) {
    get(PAGES[i]);
    strcpy(page, text);
    for (const char *at = page; (at = strpbrk(at, "hs")); at++) {
      char path[256];
      if (sscanf(at, "href=\"%255[^\"#]\"", path) != 1 &&
          sscanf(at, "src=\"%255[^\"]\"", path) != 1)
        continue;
      assert_int_equal(path[0], '/'); /* nothing comes from elsewhere */
      if (get(path) != 200) fail_msg("%s links to %s", PAGES[i], path);
      links++;
    }
  }
  assert_true(links > 60);
}

static void the_front_shows_all_or_one_language(void **state) {
  assert_int_equal(get("/"), 200);
  for (unsigned i = 0; i < ARTICLES_COUNT; i++) assert_holds(text, ARTICLES[i].title);
  assert_int_equal(get("/?lang=ru"), 200);
  for (unsigned i = 0; i < ARTICLES_COUNT; i++) {
    if (ARTICLES[i].language == RUSSIAN)
      assert_holds(text, ARTICLES[i].title);
    else
      assert_lacks(text, ARTICLES[i].title);
  }
}

static void pages_are_well_defended(void **state) {
  get("/");
  assert_holds(fields, "Content-Security-Policy: default-src 'none'");
  assert_holds(fields, "X-Content-Type-Options: nosniff");
  assert_lacks(text, "<script");
  assert_lacks(text, "style=");
}

static void what_visitors_say_is_escaped(void **state) {
  assert_int_equal(get("/search?s=%3Cscript%3E\"'"), 200);
  assert_lacks(text, "<script");
  assert_holds(text, "&lt;script&gt;");
  assert_int_equal(ask("GET /echo", "X-Evil: </pre><script>\r\n", ""), 200);
  assert_lacks(text, "<script");
  assert_holds(text, "X-Evil: &lt;/pre&gt;");
  assert_int_equal(ask("POST /wp-login.php", "", "log=%22%3E%3Cscript%3E&pwd=x"), 200);
  assert_lacks(text, "<script");
}

static void search_finds_in_any_case(void **state) {
  assert_int_equal(get("/search?s=%D0%9A%D3%A8%D0%9F%D0%86%D0%A0"), 200); /* КӨПІР */
  assert_holds(text, "/news/kopir\"");
  assert_lacks(text, "/news/lake\"");
  assert_int_equal(get("/search?s="), 200);
  assert_lacks(text, "/news/");
}

static void comments_appear_under_their_article(void **state) {
  static const char FORM[] = "comment_post_ID=lake&author=%3Cb%3EDana&comment=first%0Asecond";
  assert_int_equal(ask("POST /wp-comments-post.php", "", FORM), 303);
  assert_holds(fields, "Location: /news/lake#comments\r\n");
  get("/news/lake");
  assert_holds(text, "&lt;b&gt;Dana");
  assert_holds(text, "first\nsecond");
  get("/news/kopir");
  assert_lacks(text, "Dana");
  assert_int_equal(ask("POST /wp-comments-post.php", "", "comment_post_ID=lake&author=+&comment=x"),
                   400);
  assert_int_equal(ask("POST /wp-comments-post.php", "", "comment_post_ID=no&author=a&comment=x"),
                   400);
}

static void a_page_of_the_longest_comments_fits(void **state) {
  static char form[8192];
  int len = snprintf(form, sizeof(form), "comment_post_ID=lake&author=a&comment=");
  memset(form + len, '"', COMMENT_TEXT_BYTES);
  for (unsigned i = 0; i <= COMMENTS_MAX; i++) {
    assert_int_equal(ask("POST /wp-comments-post.php", "", form), 303);
  }
  assert_int_equal(get("/news/lake"), 200);
}

static void the_login_is_shaped_as_wordpress(void **state) {
  assert_int_equal(get("/wp-admin/"), 302);
  assert_holds(fields, "Location: /wp-login.php\r\n");
  assert_int_equal(ask("POST /wp-login.php", "", "log=aigerim&pwd=wrong-secret"), 200);
  assert_holds(text, "login_error");
  assert_lacks(text, "wrong-secret");
  assert_lacks(fields, "wordpress_logged_in_");
  assert_int_equal(ask("POST /wp-login.php", "", "log=aigerim&pwd=steppe-morning-42"), 302);
  assert_holds(fields, "Location: /wp-admin/\r\n");
  const char *cookie = strstr(fields, "wordpress_logged_in_");
  assert_non_null(cookie);
  char line[256];
  snprintf(line, sizeof(line), "Cookie: a=b; %.*s\r\n", (int)strcspn(cookie, ";"), cookie);
  assert_int_equal(ask("GET /wp-admin/", line, ""), 200);
  assert_holds(text, "aigerim");
  assert_int_equal(ask("POST /wp-login.php?action=logout", line, ""), 302);
  assert_int_equal(ask("GET /wp-admin/", line, ""), 302);
}

static void nobody_is_sent_elsewhere(void **state) {
  ask("POST /wp-login.php", "",
      "log=aigerim&pwd=steppe-morning-42&redirect_to=%2F%2Felsewhere.test");
  assert_holds(fields, "Location: /\r\n");
}

static void machines_get_absolute_addresses(void **state) {
  assert_int_equal(get("/sitemap.xml"), 200);
  assert_holds(text, "<loc>https://demo.test:8443/news/kopir</loc>");
  assert_int_equal(get("/feed"), 200);
  assert_holds(text, "<link>https://demo.test:8443/news/radio</link>");
  assert_int_equal(get("/robots.txt"), 200);
  assert_holds(text, "Sitemap: https://demo.test:8443/sitemap.xml");
}

static void other_methods_are_refused(void **state) {
  assert_int_equal(ask("DELETE /", "", ""), 405);
  assert_holds(fields, "Allow: GET, HEAD\r\n");
  assert_int_equal(get("/wp-comments-post.php"), 405);
  assert_holds(fields, "Allow: POST\r\n");
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(every_link_of_every_page_leads_somewhere),
      TEST(the_front_shows_all_or_one_language),
      TEST(pages_are_well_defended),
      TEST(what_visitors_say_is_escaped),
      TEST(search_finds_in_any_case),
      TEST(comments_appear_under_their_article),
      TEST(a_page_of_the_longest_comments_fits),
      TEST(the_login_is_shaped_as_wordpress),
      TEST(nobody_is_sent_elsewhere),
      TEST(machines_get_absolute_addresses),
      TEST(other_methods_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
