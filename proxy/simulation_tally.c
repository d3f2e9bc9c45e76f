// SPDX-License-Identifier: Apache-2.0
#include "proxy/simulation_tally.h"

#include "rules/base/err.h"

enum { ARENA_BYTES_MAX = 256 << 20 };

void tally_init(struct tally *t) {
  *t = (struct tally){0};
  arena_init(&t->arena, NULL, 0, ARENA_BYTES_MAX);
}

void tally_fini(struct tally *t) {
  digest_map_fini(&t->lost);
  arena_fini(&t->arena);
}

static bool same(struct span a, struct span b) {
  return !a.at == !b.at && span_eq(a, b);
}

static struct tally_row *row_of(struct tally *t, const struct trace_hidden *h) {
  for (size_t i = 0; i < t->count; i++) {
    if (same(t->rows[i].label, h->label) && same(t->rows[i].cohort, h->cohort)) return &t->rows[i];
  }
  if (t->count == TALLY_ROWS_MAX) return NULL;
  struct tally_row *row = &t->rows[t->count++];
  if (h->label.at) row->label = arena_copy(&t->arena, h->label);
  if (h->cohort.at) row->cohort = arena_copy(&t->arena, h->cohort);
  return row;
}

/* A space of its own for each row, so that an account that two campaigns got is lost to both. */
static int lose(struct tally *t, struct tally_row *row, struct span user) {
  uint64_t key = digest_map_key((uint64_t)(row - t->rows), user);
  if (digest_map_get(&t->lost, key)) return OK;
  row->accounts_lost++;
  return digest_map_put(&t->lost, key, 1);
}

int tally_add(struct tally *t, const struct trace_line *line, const struct simulated *s) {
  struct tally_row *row = row_of(t, &line->hidden);
  if (!row) return ERR_FULL;
  if (t->arena.failed) return ERR_MEMORY;
  bool login = line->seen.kind == TRACE_LOGIN;
  row->events++;
  row->verdicts[s->verdict.action]++;
  row->reached += s->reached_origin;
  row->succeeded += s->succeeded;
  row->kept_out += login && line->hidden.correct && !s->succeeded;
  bool lost = login && s->succeeded && !span_eq(line->hidden.label, SPAN("legit"));
  return lost && line->hidden.label.at ? lose(t, row, line->seen.user) : OK;
}

/* What is shown of a row: a heading, a name in JSON, a number. */
static const struct {
  const char *heading, *name;
  size_t at;
} COLUMNS[] = {
#define COLUMN(heading, name, member)                                                              \
  { heading, name, offsetof(struct tally_row, member) }
    COLUMN("events", "events", events),
    COLUMN("allow", "allow", verdicts[ACTION_ALLOW]),
    COLUMN("throttle", "throttle", verdicts[ACTION_THROTTLE]),
    COLUMN("challenge", "challenge", verdicts[ACTION_CHALLENGE]),
    COLUMN("step up", "step_up", verdicts[ACTION_STEP_UP]),
    COLUMN("tarpit", "tarpit", verdicts[ACTION_TARPIT]),
    COLUMN("deny", "deny", verdicts[ACTION_DENY]),
    COLUMN("drop", "drop", verdicts[ACTION_DROP]),
    COLUMN("passed", "passed", reached),
    COLUMN("kept out", "kept_out", kept_out),
    COLUMN("lost", "accounts_lost", accounts_lost),
#undef COLUMN
};
enum { COLUMN_COUNT = sizeof(COLUMNS) / sizeof(COLUMNS[0]) };

static unsigned long long number_of(const struct tally_row *row, size_t column) {
  return *(const uint64_t *)((const char *)row + COLUMNS[column].at);
}

static void put_json(const struct tally_row *row, struct buf *out) {
  buf_put_text(out, "{\"label\":");
  row->label.at ? buf_put_json(out, row->label) : buf_put_text(out, "null");
  buf_put_text(out, ",\"cohort\":");
  row->cohort.at ? buf_put_json(out, row->cohort) : buf_put_text(out, "null");
  for (size_t i = 0; i < COLUMN_COUNT; i++)
    buf_printf(out, ",\"%s\":%llu", COLUMNS[i].name, number_of(row, i));
  buf_put_text(out, "}\n");
}

/* A stranger's text, cut to its column; its control bytes must not reach a terminal. */
static void put_cell(struct span text, int width, struct buf *out) {
  if (!text.at) text = SPAN("-");
  for (int i = 0; i < width; i++) {
    char c = (size_t)i < text.len ? text.at[i] : ' ';
    buf_put_byte(out, (unsigned char)c < 0x20 || c == 0x7f ? '?' : c);
  }
  buf_put_byte(out, ' ');
}

void tally_print(const struct tally *t, bool json, struct buf *out) {
  enum { LABEL_WIDTH = 16, COHORT_WIDTH = 12 };
  if (!json) {
    put_cell(SPAN("label"), LABEL_WIDTH, out);
    put_cell(SPAN("cohort"), COHORT_WIDTH, out);
    for (size_t i = 0; i < COLUMN_COUNT; i++) buf_printf(out, " %9s", COLUMNS[i].heading);
    buf_put_byte(out, '\n');
  }
  for (size_t r = 0; r < t->count; r++) {
    if (json) {
      put_json(&t->rows[r], out);
      continue;
    }
    put_cell(t->rows[r].label, LABEL_WIDTH, out);
    put_cell(t->rows[r].cohort, COHORT_WIDTH, out);
    for (size_t i = 0; i < COLUMN_COUNT; i++) buf_printf(out, " %9llu", number_of(&t->rows[r], i));
    buf_put_byte(out, '\n');
  }
}
