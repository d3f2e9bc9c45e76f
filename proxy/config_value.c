// SPDX-License-Identifier: Apache-2.0
#include "proxy/config_value.h"

#include "proxy/nearest.h"
#include "rules/base/err.h"

#include <pwd.h>
#include <sched.h>

/* Of a unit: its suffixes, and how an example of it reads. */
static const struct {
  const char *unit, *suffix;
  uint64_t factor;
} SUFFIXES[] = {
    {"bytes", "B", 1},         {"bytes", "KiB", 1 << 10},    {"bytes", "MiB", 1 << 20},
    {"bytes", "GiB", 1 << 30}, {"bytes", "TiB", 1ull << 40}, {"ms", "ms", 1},
    {"ms", "s", 1000},         {"ms", "m", 60 * 1000},       {"ms", "h", 3600 * 1000},
    {"ms", "d", 86400 * 1000},
};

static const struct {
  const char *unit, *called;
} UNITS[] = {
    {"bytes", "a size such as 65536, 64KiB or 4GiB (B, KiB, MiB, GiB, TiB)"},
    {"ms", "a time such as 500ms, 30s or 1h (ms, s, m, h, d); without a unit it is milliseconds"},
};

static bool same(const char *a, struct span b) {
  return span_eq(span_of(a), b);
}

void config_value_bool(struct config_reader *r, const struct config_slot *slot) {
  bool yes = same("true", slot->node->text);
  if (!yes && !same("false", slot->node->text)) return config_read_refuse(r, slot);
  *(bool *)slot->into = yes;
}

static int factor_of(const char *unit, struct span suffix, uint64_t *factor) {
  *factor = 1;
  if (suffix.len == 0) return OK;
  for (size_t i = 0; i < sizeof(SUFFIXES) / sizeof(*SUFFIXES); i++) {
    if (strcmp(unit, SUFFIXES[i].unit) != 0 || !same(SUFFIXES[i].suffix, suffix)) continue;
    *factor = SUFFIXES[i].factor;
    return OK;
  }
  return ERR_SYNTAX;
}

/* Digits, perhaps a blank, perhaps a suffix. */
static int parse_number(struct span text, const char *unit, uint64_t *out) {
  size_t digits = 0;
  while (digits < text.len && text.at[digits] >= '0' && text.at[digits] <= '9') digits++;
  uint64_t factor;
  int err = factor_of(unit, span_trim(span_skip(text, digits)), &factor);
  if (!err) err = span_to_u64(span_from(text.at, digits), out);
  if (err) return err;
  return __builtin_mul_overflow(*out, factor, out) ? ERR_RANGE : OK;
}

static const char *called_by_unit(const struct config_slot *slot) {
  for (size_t i = 0; i < sizeof(UNITS) / sizeof(*UNITS); i++) {
    if (strcmp(slot->key->unit, UNITS[i].unit) == 0) return UNITS[i].called;
  }
  return slot->kind->called;
}

void config_value_number(struct config_reader *r, const struct config_slot *slot) {
  const struct config_key *key = slot->key;
  uint64_t value;
  int err = parse_number(slot->node->text, key->unit, &value);
  if (err == ERR_SYNTAX) {
    config_report_at(r->report, slot->node->place, "'%s' must be %s.", key->name,
                     called_by_unit(slot));
  } else if (err || value < key->least || value > key->most) {
    config_report_at(r->report, slot->node->place, "'%s' must be from %ju to %ju %s.", key->name,
                     (uintmax_t)key->least, (uintmax_t)key->most, key->unit);
  } else if (slot->kind->size == sizeof(uint64_t)) {
    *(uint64_t *)slot->into = value;
  } else {
    *(unsigned *)slot->into = (unsigned)value;
  }
}

static unsigned processors(void) {
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof(usable), &usable) != 0) return 1;
  int count = CPU_COUNT(&usable);
  return count > 0 ? (unsigned)count : 1;
}

void config_value_workers(struct config_reader *r, const struct config_slot *slot) {
  if (same("auto", slot->node->text)) {
    unsigned count = processors(), most = (unsigned)slot->key->most;
    *(unsigned *)slot->into = count < most ? count : most;
  } else {
    config_value_number(r, slot);
  }
}

void config_value_choice(struct config_reader *r, const struct config_slot *slot) {
  const struct config_kind *kind = slot->kind;
  struct span text = slot->node->text;
  for (size_t i = 0; i < kind->choice_count; i++) {
    if (!same(kind->choices[i], text)) continue;
    *(unsigned *)slot->into = (unsigned)i;
    return;
  }
  const char *meant = nearest_name(text, kind->choices, kind->choice_count, sizeof(*kind->choices));
  config_report_at(r->report, slot->node->place, "'%s' must be %s.%s%s%s", slot->key->name,
                   kind->called, meant ? " Did you mean '" : "", meant ? meant : "",
                   meant ? "'?" : "");
}

void config_value_prefix(struct config_reader *r, const struct config_slot *slot) {
  struct span text = slot->node->text;
  int err = prefix_parse(text, slot->into);
  if (!err) return;
  if (err != ERR_RANGE) return config_read_refuse(r, slot);
  config_report_at(
      r->report, slot->node->place,
      "'%.64s' has bits set behind its length, or a length that is too great. A prefix is "
      "written with zeroes there, as in 10.0.0.0/8.",
      text.at);
}

static bool is_name(struct span text, const char *more) {
  for (size_t i = 0; i < text.len; i++) {
    char c = ascii_lower(text.at[i]);
    bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!plain && !strchr(more, c)) return false;
  }
  return text.len > 0;
}

static void copy_lower(struct config_reader *r, const struct config_slot *slot) {
  struct span copy = arena_copy(r->arena, slot->node->text);
  for (size_t i = 0; i < copy.len; i++) ((char *)copy.at)[i] = ascii_lower(copy.at[i]);
  *(struct span *)slot->into = copy;
}

/* RFC 1123 §2.1 with underscores, which are seen: labels of 1 to 63 characters, 253 in all. */
static bool is_host(struct span text) {
  struct addr addr;
  if (text.len && text.at[0] == '[') return addr_parse(text, &addr) == OK;
  if (text.len > 253 || !is_name(text, "-_.")) return false;
  while (text.len) {
    size_t dot = span_find(text, '.');
    if (dot == 0 || dot > 63 || dot + 1 == text.len) return false;
    text = span_skip(text, dot + 1);
  }
  return true;
}

void config_value_host(struct config_reader *r, const struct config_slot *slot) {
  struct span text = slot->node->text;
  struct span name = span_starts(text, SPAN("*.")) ? span_skip(text, 2) : text;
  if (!same("*", text) && !is_host(name)) return config_read_refuse(r, slot);
  copy_lower(r, slot);
}

void config_value_pack(struct config_reader *r, const struct config_slot *slot) {
  struct span text = slot->node->text;
  if (text.len > 64 || !is_name(text, "-_")) return config_read_refuse(r, slot);
  *(struct span *)slot->into = arena_copy(r->arena, text);
}

/* RFC 9110 §5.6.2: a token. */
void config_value_header(struct config_reader *r, const struct config_slot *slot) {
  struct span text = slot->node->text;
  bool token = text.len <= 64 && is_name(text, "!#$%&'*+-.^_`|~");
  if (text.len && !token) return config_read_refuse(r, slot);
  copy_lower(r, slot);
}

void config_value_user(struct config_reader *r, const struct config_slot *slot) {
  struct span text = slot->node->text;
  if (text.len == 0) return;
  const struct passwd *user = getpwnam(text.at);
  if (!user) {
    config_report_at(
        r->report, slot->node->place,
        "there is no user '%.64s' on this system. 'adduser --system --group %.64s' makes one.",
        text.at, text.at);
  } else if (user->pw_uid == 0) {
    config_report_at(r->report, slot->node->place,
                     "'%.64s' is root. Name another user, or leave 'user' out to stay root.",
                     text.at);
  } else {
    *(const char **)slot->into = arena_copy(r->arena, text).at;
  }
}
