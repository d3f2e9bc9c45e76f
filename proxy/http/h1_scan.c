// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/h1.h"

enum { PLAIN, CR, LF, BAD };

/* RFC 9112 §2.2, RFC 9110 §5.5: no control byte but the tab, and CR only before LF. */
static const uint8_t CLASS[256] = {
    [0 ... 8] = BAD, ['\n'] = LF, [11 ... 12] = BAD, ['\r'] = CR, [14 ... 31] = BAD, [127] = BAD,
};

static enum h1_found refused(enum refusal *why, enum refusal r) {
  *why = r;
  return H1_REFUSED;
}

/* LF after CR: either the line is over, or, when it was empty, the head. */
static enum h1_found end_line(struct h1_scan *s, enum refusal *why) {
  if (!s->line_empty) {
    s->lines++;
    s->line_empty = true;
    return H1_MORE;
  }
  if (s->lines) return H1_HEAD;
  if (s->skipped) return refused(why, REFUSED_REQUEST_LINE);
  s->skipped = s->at;
  return H1_MORE;
}

enum h1_found h1_scan(struct h1_scan *s, struct span in, uint32_t bytes_max, enum refusal *why) {
  if (s->at == 0) s->line_empty = true;
  const unsigned char *at = (const unsigned char *)in.at;
  size_t end = in.len < bytes_max ? in.len : bytes_max;
  while (s->at < end) {
    if (!s->after_cr && !s->line_empty) {
      while (s->at < end && CLASS[at[s->at]] == PLAIN) s->at++;
      if (s->at == end) break;
    }
    unsigned char c = at[s->at++];
    unsigned class = CLASS[c];
    if (class == BAD) return refused(why, REFUSED_CONTROL_BYTE);
    if (class == LF) {
      if (!s->after_cr) return refused(why, REFUSED_BARE_LF);
      s->after_cr = false;
      enum h1_found found = end_line(s, why);
      if (found != H1_MORE) return found;
      continue;
    }
    if (s->after_cr) return refused(why, REFUSED_BARE_CR);
    if (class == CR) {
      s->after_cr = true;
      continue;
    }
    if (s->line_empty && s->lines && (c == ' ' || c == '\t')) return refused(why, REFUSED_OBS_FOLD);
    s->line_empty = false;
  }
  if (in.len < bytes_max) return H1_MORE;
  return refused(why, s->lines == 0 ? REFUSED_TARGET_LONG : REFUSED_HEAD_LONG);
}
