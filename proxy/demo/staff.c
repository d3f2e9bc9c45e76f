// SPDX-License-Identifier: Apache-2.0
/** The login, shaped as WordPress's own (fields `log` and `pwd`; 302 with the cookie or 200 with `login_error`), and
 *  the page behind it. */
#include "proxy/demo/files.h"
#include "proxy/demo/form.h"
#include "proxy/demo/frame.h"
#include "proxy/demo/html.h"
#include "proxy/demo/site.h"

#include <stdio.h>

enum { FIELD_BYTES_MAX = 256 };
#define DESK "/wp-admin/"

static struct span token_of(const struct ask *ask) {
  for (unsigned i = 0; i < ask->head->header_count; i++) {
    const struct header *h = &ask->head->headers[i];
    struct span token =
        h->id == HEADER_COOKIE ? form_cookie(h->value, SPAN(VISITORS_COOKIE)) : span_from("", 0);
    /* The value is the user's name, a bar and the token. */
    span_cut(&token, '|');
    if (token.len) return token;
  }
  return span_from("", 0);
}

static void put_cookie(struct answer *a, const char *value, int seconds) {
  char line[256];
  snprintf(line, sizeof(line), "%s=%s; Path=/; Max-Age=%d; Secure; HttpOnly; SameSite=Lax",
           VISITORS_COOKIE, value, seconds);
  answer_field(a, "Set-Cookie", line);
}

static void show_form(struct answer *a, struct span user, bool wrong) {
  static const char ERROR[] =
      "<div id=\"login_error\" role=\"alert\">Аты немесе құпиясөзі дұрыс емес. "
      "<span lang=\"ru\">Неверное имя или пароль.</span> "
      "<span lang=\"en\">Wrong name or password.</span></div>";
  struct buf main;
  buf_init(&main, ANSWER_BODY_MAX);
  HTML_FILL(&main, files_get(FILE_login), {"error", wrong ? span_of(ERROR) : span_of("")},
            {"user", user}, {"demo_user", SPAN(VISITORS_USER)},
            {"demo_password", SPAN(VISITORS_PASSWORD)});
  frame_page(a, 200, "kk", SPAN("Кіру"), &main);
  answer_field(a, "Set-Cookie",
               "wordpress_test_cookie=WP+Cookie+check; Path=/; Secure; HttpOnly; SameSite=Lax");
  answer_field(a, "Cache-Control", "no-store");
}

static void enter(struct site *s, const struct ask *ask, struct answer *a) {
  char token[VISITORS_TOKEN_TEXT + 1], value[sizeof(token) + 32], to[FIELD_BYTES_MAX];
  if (!visitors_enter(&s->visitors, ask->now, token)) {
    frame_message(a, 500, "Қазір кіру мүмкін емес", "The system gives no random numbers.");
    return;
  }
  struct span wish = form_field(ask->form, SPAN("redirect_to"), to, sizeof(to));
  bool staff = span_eq(wish, SPAN(DESK)) || wish.len == 0;
  /* Nobody is sent away from here: only to the desk or to the front. */
  answer_redirect(a, 302, staff ? SPAN(DESK) : SPAN("/"));
  snprintf(value, sizeof(value), "%s|%s", VISITORS_USER, token);
  put_cookie(a, value, VISITORS_LAST_MS / 1000);
}

static void leave(struct site *s, const struct ask *ask, struct answer *a) {
  visitors_leave(&s->visitors, token_of(ask));
  answer_redirect(a, 302, SPAN("/"));
  put_cookie(a, "", 0);
}

void staff_login(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  char action[16], user[FIELD_BYTES_MAX], password[FIELD_BYTES_MAX];
  struct span query = span_skip(ask->head->query, 1);
  if (!message_is(ask->head, SPAN("POST"))) {
    show_form(a, SPAN(""), false);
    return;
  }
  if (span_eq(form_field(query, SPAN("action"), action, sizeof(action)), SPAN("logout"))) {
    leave(s, ask, a);
    return;
  }
  struct span name = form_field(ask->form, SPAN("log"), user, sizeof(user));
  bool right = visitors_right(name, form_field(ask->form, SPAN("pwd"), password, sizeof(password)));
  explicit_bzero(password, sizeof(password));
  if (right)
    enter(s, ask, a);
  else
    show_form(a, name, true);
}

void staff_desk(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  if (!visitors_known(&s->visitors, ask->now, token_of(ask))) {
    answer_redirect(a, 302, SPAN("/wp-login.php"));
    return;
  }
  char count[16];
  int len = snprintf(count, sizeof(count), "%u", s->comments.written);
  struct buf main, began;
  buf_init(&main, ANSWER_BODY_MAX);
  buf_init(&began, 256);
  language_put_date(&began, KAZAKH, s->began);
  HTML_FILL(&main, files_get(FILE_staff), {"user", SPAN(VISITORS_USER)},
            {"comments", span_from(count, (size_t)len)}, {"began", buf_span(&began)});
  buf_fini(&began);
  frame_page(a, 200, "kk", SPAN("Редакция"), &main);
  answer_field(a, "Cache-Control", "no-store");
}
