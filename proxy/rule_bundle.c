// SPDX-License-Identifier: Apache-2.0
#include "proxy/rule_bundle.h"

#include "rules/base/err.h"

#define MARK SPAN("#: ")

struct span rule_bundle_name(struct span path) {
  if (span_eq(path, SPAN("-"))) return SPAN("stdin.rules");
  struct span name = path;
  while (span_find(name, '/') < name.len) name = span_skip(name, span_find(name, '/') + 1);
  return name;
}

static bool name_is_fine(struct span name) {
  for (size_t i = 0; i < name.len; i++) {
    if ((unsigned char)name.at[i] < 0x20 || name.at[i] == 0x7f) return false;
  }
  return name.len > 0 && name.len <= RULE_BUNDLE_NAME_MAX;
}

int rule_bundle_join(const struct source *sources, size_t count, struct buf *out, size_t *at) {
  for (*at = 0; *at < count; ++*at) {
    const struct source *s = &sources[*at];
    struct span name = rule_bundle_name(s->name);
    if (!name_is_fine(name)) return ERR_RANGE;
    for (size_t i = 0; i < *at; i++) {
      if (span_eq(name, rule_bundle_name(sources[i].name))) return ERR_EXISTS;
    }
    buf_printf(out, "%s%zu %.*s\n", MARK.at, s->text.len, SPAN_ARG(name));
    buf_put(out, s->text);
    buf_put_byte(out, '\n');
    if (out->overflow) return ERR_FULL;
  }
  return OK;
}

/* One file off the front of `*rest`. */
static int take(struct span *rest, struct source *out) {
  if (!span_starts(*rest, MARK) || span_find(*rest, '\n') == rest->len) return ERR_CORRUPT;
  struct span head = span_skip(span_cut(rest, '\n'), MARK.len), digits = span_cut(&head, ' ');
  uint64_t len;
  if (span_to_u64(digits, &len) || !name_is_fine(head)) return ERR_CORRUPT;
  if (len >= rest->len || rest->at[len] != '\n') return ERR_CORRUPT;
  *out = (struct source){.name = head, .text = span_from(rest->at, len)};
  *rest = span_skip(*rest, len + 1);
  return OK;
}

int rule_bundle_split(struct span text, struct source *out, size_t max, size_t *count) {
  *count = 0;
  if (max > 0 && !span_starts(text, MARK)) {
    out[(*count)++] = (struct source){.name = RULE_BUNDLE_UNNAMED, .text = text};
    return OK;
  }
  for (struct span rest = text; rest.len;) {
    if (*count == max) return ERR_FULL;
    int err = take(&rest, &out[*count]);
    if (err) return err;
    ++*count;
  }
  return OK;
}
