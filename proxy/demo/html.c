// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/html.h"

#include "rules/base/require.h"

static const char *const ESCAPED[256] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
};

void html_escape(struct buf *out, struct span text) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.at[i];
    if (ESCAPED[c])
      buf_put_text(out, ESCAPED[c]);
    else if ((c >= ' ' && c != 127) || c == '\t' || c == '\n')
      buf_put_byte(out, (char)c);
  }
}

static struct span value_of(struct span name, const struct html_value *values, size_t count) {
  size_t i = 0;
  while (i < count && !span_eq(span_of(values[i].name), name)) i++;
  require(i < count);
  return values[i].text;
}

/** Index of "{{", or the length. */
static size_t find_place(struct span rest) {
  size_t at = 0;
  while (at < rest.len && !span_starts(span_skip(rest, at), SPAN("{{"))) {
    at += 1 + span_find(span_skip(rest, at + 1), '{');
  }
  return at < rest.len ? at : rest.len;
}

void html_fill(struct buf *out, struct span template, const struct html_value *values,
               size_t count) {
  struct span rest = template;
  for (;;) {
    size_t at = find_place(rest);
    buf_put(out, span_from(rest.at, at));
    rest = span_skip(rest, at);
    if (rest.len == 0) return;
    bool markup = span_starts(rest, SPAN("{{{"));
    size_t braces = markup ? 3 : 2;
    rest = span_skip(rest, braces);
    struct span value = value_of(span_cut(&rest, '}'), values, count);
    rest = span_skip(rest, braces - 1);
    if (markup)
      buf_put(out, value);
    else
      html_escape(out, value);
  }
}
