// SPDX-License-Identifier: Apache-2.0
#include "proxy/line_diff.h"

#include "rules/base/err.h"

#include <stdlib.h>

/* A text as lines, each with its newline, and which of them the other text does not have. */
struct side {
  struct span *lines;
  bool *differs;
  size_t count;
};

static size_t count_lines(struct span text) {
  size_t count = 0;
  for (; text.len; count++) text = span_skip(text, span_find(text, '\n') + 1);
  return count;
}

static int split(struct span text, struct side *out) {
  size_t count = count_lines(text);
  *out = (struct side){.count = count};
  out->lines = calloc(count + 1, sizeof(*out->lines));
  out->differs = calloc(count + 1, sizeof(*out->differs));
  if (!out->lines || !out->differs) return ERR_MEMORY;
  for (size_t i = 0; i < count; i++) {
    size_t len = span_find(text, '\n');
    out->lines[i] = span_from(text.at, len < text.len ? len + 1 : len);
    text = span_skip(text, len + 1);
  }
  return OK;
}

static void side_fini(struct side *s) {
  free(s->lines);
  free(s->differs);
}

/* The part between what both begin and end with: lines [from, from + n) of one, [from, from + m) of the other. */
struct middle {
  size_t from;
  long n, m;
};

static struct middle middle_of(const struct side *a, const struct side *b) {
  size_t least = a->count < b->count ? a->count : b->count, head = 0, tail = 0;
  while (head < least && span_eq(a->lines[head], b->lines[head])) head++;
  while (tail < least - head &&
         span_eq(a->lines[a->count - 1 - tail], b->lines[b->count - 1 - tail]))
    tail++;
  return (struct middle){head, (long)(a->count - head - tail), (long)(b->count - head - tail)};
}

static void replace_all(struct side *a, struct side *b, const struct middle *mid) {
  for (long i = 0; i < mid->n; i++) a->differs[mid->from + (size_t)i] = true;
  for (long i = 0; i < mid->m; i++) b->differs[mid->from + (size_t)i] = true;
}

/* Row d holds, at [d + k], how far down `a` the furthest path of d edits on diagonal k = x - y reaches; rows stand one
 * behind the other, row d at d². */
static int32_t *row_of(int32_t *rows, long d) {
  return rows + d * d;
}

/* Whether the best path of d edits on diagonal k came from above (an added line), not from the left. */
static bool came_down(int32_t *rows, long d, long k) {
  const int32_t *last = row_of(rows, d - 1) + d - 1;
  return k == -d || (k != d && last[k - 1] < last[k + 1]);
}

static void walk_back(struct side *a, struct side *b, const struct middle *mid, int32_t *rows,
                      long d) {
  for (long k = mid->n - mid->m; d > 0; d--) {
    bool down = came_down(rows, d, k);
    k += down ? 1 : -1;
    long x = row_of(rows, d - 1)[d - 1 + k], y = x - k;
    if (down)
      b->differs[mid->from + (size_t)y] = true;
    else
      a->differs[mid->from + (size_t)x] = true;
  }
}

/* Fills row d. True: a path has reached the end of both. */
static bool go_on(const struct side *a, const struct side *b, const struct middle *mid,
                  int32_t *rows, long d) {
  const struct span *one = a->lines + mid->from, *other = b->lines + mid->from;
  for (long k = -d; k <= d; k += 2) {
    long x = 0;
    if (d > 0) {
      const int32_t *last = row_of(rows, d - 1) + d - 1;
      x = came_down(rows, d, k) ? last[k + 1] : last[k - 1] + 1;
    }
    while (x < mid->n && x - k < mid->m && span_eq(one[x], other[x - k])) x++;
    row_of(rows, d)[d + k] = (int32_t)x;
    if (x >= mid->n && x - k >= mid->m) return true;
  }
  return false;
}

static int compare(struct side *a, struct side *b) {
  struct middle mid = middle_of(a, b);
  int32_t *rows = NULL;
  for (long d = 0; d <= LINE_DIFF_EDITS_MAX; d++) {
    size_t bytes = (size_t)(d + 1) * (size_t)(d + 1) * sizeof(*rows);
    int32_t *more = d & (d - 1) ? rows : realloc(rows, 4 * bytes);
    if (!more) {
      free(rows);
      return ERR_MEMORY;
    }
    rows = more;
    if (!go_on(a, b, &mid, rows, d)) continue;
    walk_back(a, b, &mid, rows, d);
    free(rows);
    return OK;
  }
  free(rows);
  replace_all(a, b, &mid);
  return OK;
}

static void put_line(struct buf *out, char mark, struct span line) {
  buf_put_byte(out, mark);
  bool whole = line.len && line.at[line.len - 1] == '\n';
  for (size_t i = 0; i < line.len - whole; i++) {
    char c = line.at[i];
    buf_put_byte(out, ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f ? '?' : c);
  }
  buf_put_text(out, whole ? "\n" : "\n\\ no newline at the end\n");
}

/* Where both stand; the lines before are dealt with. */
struct at {
  size_t a, b;
};

static bool differs_at(const struct side *a, const struct side *b, struct at at) {
  return (at.a < a->count && a->differs[at.a]) || (at.b < b->count && b->differs[at.b]);
}

/* Past the changes and the lines between them that are too few to end the hunk. */
static struct at hunk_end(const struct side *a, const struct side *b, struct at at) {
  for (size_t same = 0; same <= 2 * LINE_DIFF_CONTEXT;) {
    if (differs_at(a, b, at)) {
      same = 0;
      while (at.a < a->count && a->differs[at.a]) at.a++;
      while (at.b < b->count && b->differs[at.b]) at.b++;
    } else if (at.a == a->count) {
      return (struct at){at.a - (same > LINE_DIFF_CONTEXT ? same - LINE_DIFF_CONTEXT : 0),
                         at.b - (same > LINE_DIFF_CONTEXT ? same - LINE_DIFF_CONTEXT : 0)};
    } else {
      at.a++, at.b++, same++;
    }
  }
  size_t back = LINE_DIFF_CONTEXT + 1;
  return (struct at){at.a - back, at.b - back};
}

static void put_hunk(const struct side *a, const struct side *b, struct at from, struct at to,
                     struct buf *out) {
  buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", from.a + (to.a > from.a), to.a - from.a,
             from.b + (to.b > from.b), to.b - from.b);
  while (from.a < to.a || from.b < to.b) {
    if (from.a < to.a && a->differs[from.a])
      put_line(out, '-', a->lines[from.a++]);
    else if (from.b < to.b && b->differs[from.b])
      put_line(out, '+', b->lines[from.b++]);
    else
      put_line(out, ' ', a->lines[from.a++]), from.b++;
  }
}

static void put_hunks(const struct side *a, const struct side *b, struct buf *out) {
  struct at at = {0, 0};
  while (at.a < a->count || at.b < b->count) {
    if (!differs_at(a, b, at)) {
      at.a++, at.b++;
      continue;
    }
    size_t context = at.a < at.b ? at.a : at.b;
    if (context > LINE_DIFF_CONTEXT) context = LINE_DIFF_CONTEXT;
    struct at from = {at.a - context, at.b - context}, to = hunk_end(a, b, at);
    put_hunk(a, b, from, to, out);
    at = to;
  }
}

int line_diff(struct span before, struct span after, struct buf *out) {
  struct side a = {0}, b = {0};
  int err = split(before, &a);
  if (!err) err = split(after, &b);
  if (!err) err = compare(&a, &b);
  if (!err) put_hunks(&a, &b, out);
  side_fini(&a);
  side_fini(&b);
  return err ? err : out->overflow ? ERR_FULL : OK;
}
