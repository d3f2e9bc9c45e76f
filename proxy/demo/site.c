// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/site.h"

#include "proxy/demo/frame.h"

enum { GET = 1, POST = 2 };

/* clang-format off */
/* The first row that fits answers. A path that ends with '*' fits all that begin so. */
static const struct site_route {
  const char *path;
  unsigned methods;
  site_page *page;
} ROUTES[] = {
    {"/",                      GET,        pages_front},
    {"/news/*",                GET,        pages_article},
    {"/search",                GET,        pages_search},
    {"/wp-comments-post.php",  POST,       pages_comment},
    {"/wp-login.php",          GET | POST, staff_login},
    {"/wp-admin/",             GET,        staff_desk},
    {"/style.css",             GET,        assets_style},
    {"/icon.svg",              GET,        assets_icon},
    {"/favicon.ico",           GET,        assets_icon},
    {"/pictures/*",            GET,        assets_picture},
    {"/robots.txt",            GET,        assets_robots},
    {"/feed",                  GET,        assets_feed},
    {"/feed/",                 GET,        assets_feed},
    {"/sitemap.xml",           GET,        assets_sitemap},
    {"/slow",                  GET,        trials_slow},
    {"/big",                   GET,        trials_big},
    {"/events",                GET,        trials_events},
    {"/echo",                  GET | POST, trials_echo},
};
/* clang-format on */

static bool fits(const struct site_route *r, struct span path, struct span *rest) {
  struct span pattern = span_of(r->path);
  bool open = pattern.at[pattern.len - 1] == '*';
  if (open) pattern.len--;
  *rest = span_skip(path, pattern.len);
  return span_starts(path, pattern) && (open || rest->len == 0);
}

static unsigned method_of(const struct message *m) {
  if (message_is(m, SPAN("GET")) || message_is(m, SPAN("HEAD"))) return GET;
  return message_is(m, SPAN("POST")) ? POST : 0;
}

void site_answer(struct site *s, const struct ask *ask, struct answer *answer) {
  struct span rest;
  for (size_t i = 0; i < sizeof(ROUTES) / sizeof(ROUTES[0]); i++) {
    const struct site_route *r = &ROUTES[i];
    if (!fits(r, ask->head->path, &rest)) continue;
    if (method_of(ask->head) & r->methods) {
      r->page(s, ask, rest, answer);
      return;
    }
    frame_message(answer, 405, "Бұл бетке олай жүгінуге болмайды",
                  "Для этой страницы такой метод не подходит. This method is not allowed here.");
    answer_field(answer, "Allow", r->methods & GET ? "GET, HEAD" : "POST");
    return;
  }
  frame_message(answer, 404, "Мұндай бет жоқ",
                "Такой страницы нет. There is no such page: the steppe is wide.");
}
