// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/types.h"

static bool check(const struct symbols *s, struct expr *e);

static bool wrong(const struct symbols *s, const struct expr *e, const char *mend,
                  const char *text) {
  report_add(s->report, e->place, span_of(mend), "%s", text);
  return false;
}

bool types_is_many(const struct schema *schema, const struct expr *e) {
  if (e->kind == EXPR_FIELD) return schema->fields[e->ref].shape != FIELD_ONE;
  if (e->kind != EXPR_CALL) return false;
  for (const struct expr *kid = e->kids; kid; kid = kid->next) {
    if (types_is_many(schema, kid)) return true;
  }
  return false;
}

static bool check_field(const struct symbols *s, struct expr *e, int index) {
  const struct field *field = &s->schema->fields[index];
  e->kind = EXPR_FIELD;
  e->ref = (uint32_t)index;
  e->type = field->type;
  if (field->shape == FIELD_MAP && !e->key.at) {
    report_add(s->report, e->place, report_text(s->report, "as in %s[\"name\"]", field->name),
               "%s needs a key", field->name);
    return false;
  }
  if (field->shape == FIELD_MAP || !e->key.at) return true;
  report_add(s->report, e->place, report_text(s->report, "write %s", field->name), "%s has no keys",
             field->name);
  return false;
}

static bool check_name(const struct symbols *s, struct expr *e) {
  int field = schema_find(s->schema, e->text);
  if (field >= 0) return check_field(s, e, field);
  const struct statement *own = symbols_find(s, STATEMENT_RULE, e->text);
  if (own && own->kind == STATEMENT_SIGNAL && !e->key.at) {
    e->kind = EXPR_SIGNAL;
    e->type = TYPE_NUMBER;
    return true;
  }
  if (own && own->kind == STATEMENT_ROUTE && !e->key.at) {
    e->kind = EXPR_ROUTE;
    e->type = TYPE_BOOL;
    return true;
  }
  struct span mend = symbols_suggest(s, true, STATEMENT_COUNT, e->text);
  if (own) {
    report_add(s->report, e->place, SPAN("only signals and routes are values"), "'%.*s' is a %s",
               SPAN_ARG(e->text), statement_rows[own->kind].word);
  } else {
    report_add(s->report, e->place, mend, "unknown field '%.*s'", SPAN_ARG(e->text));
  }
  return false;
}

static int find_function(const struct symbols *s, const struct expr *e) {
  struct nearest near = nearest_to(e->text);
  for (int i = 0; i < FUNCTION_COUNT; i++) {
    if (span_eq(e->text, span_of(functions[i].name))) return i;
    nearest_offer(&near, span_of(functions[i].name));
  }
  struct span mend = near.best.len
                         ? report_text(s->report, "did you mean %.*s()?", SPAN_ARG(near.best))
                         : SPAN("");
  report_add(s->report, e->place, mend, "unknown function '%.*s'", SPAN_ARG(e->text));
  return -1;
}

static bool check_known(const struct symbols *s, struct expr *e) {
  e->type = TYPE_BOOL;
  if (!check(s, e->kids)) return false;
  if (e->kids->kind == EXPR_FIELD) return true;
  return wrong(s, e->kids, "as in known(ip.src.country)", "known() asks about a field");
}

static bool check_call(const struct symbols *s, struct expr *e) {
  int index = find_function(s, e);
  if (index < 0) return false;
  const struct function_row *row = &functions[index];
  e->ref = (uint32_t)index;
  unsigned count = 0;
  for (struct expr *kid = e->kids; kid; kid = kid->next) count++;
  if (count < row->least || count > row->most) {
    report_add(s->report, e->place, SPAN(""), "%s() takes %s%u value%s, not %u", row->name,
               row->least == row->most ? ""
               : count < row->least    ? "at least "
                                       : "at most ",
               count < row->least ? row->least : row->most, row->most == 1 ? "" : "s", count);
    return false;
  }
  if (index == FUNCTION_KNOWN) return check_known(s, e);
  e->type = row->result;
  for (struct expr *kid = e->kids; kid; kid = kid->next) {
    if (!types_check(s, kid, row->argument)) return false;
    bool second = kid != e->kids || index == FUNCTION_CONCAT;
    if (second && types_is_many(s->schema, kid)) {
      return wrong(s, kid, "a field with several values stands first",
                   "this may have several values");
    }
  }
  return true;
}

/* Every item of a set has the type of its first one. */
bool types_check_set(const struct symbols *s, struct expr *set) {
  if (!set->kids) return wrong(s, set, "a set is written {1 2 5..9}", "an empty set holds nothing");
  for (struct expr *item = set->kids; item; item = item->next) {
    if (!check(s, item)) return false;
    if (item == set->kids) set->type = item->type;
    if (item->type != set->type)
      return wrong(s, item, "make it two sets", "a set holds things of one kind");
  }
  return true;
}

static bool check_range(const struct symbols *s, struct expr *e) {
  struct expr *from = e->kids, *to = from->next;
  if (!check(s, from) || !check(s, to)) return false;
  e->type = from->type;
  bool addresses = from->kind == EXPR_ADDR && to->kind == EXPR_ADDR;
  bool numbers = from->kind == EXPR_NUMBER && to->kind == EXPR_NUMBER;
  if (!numbers && (!addresses || from->prefix.bits < 128 || to->prefix.bits < 128)) {
    return wrong(s, e, "as in 1..5 or 192.0.2.1..192.0.2.9",
                 "a range goes from number to number or address to address");
  }
  bool upward = numbers ? from->number <= to->number
                        : memcmp(from->prefix.addr.bytes, to->prefix.addr.bytes, 16) <= 0 &&
                              addr_is_v4(&from->prefix.addr) == addr_is_v4(&to->prefix.addr);
  return upward || wrong(s, e, "the smaller one stands first", "a range that holds nothing");
}

static bool check_list(const struct symbols *s, struct expr *e) {
  const struct statement *list = symbols_find(s, STATEMENT_LIST, e->text);
  if (!list) {
    struct span mend = symbols_suggest(s, false, STATEMENT_LIST, e->text);
    if (!mend.len)
      mend = report_text(s->report, "say `list %.*s` for one that `qorgan feed import` fills",
                         SPAN_ARG(e->text));
    report_add(s->report, e->place, mend, "unknown list '$%.*s'", SPAN_ARG(e->text));
    return false;
  }
  e->type = TYPE_ADDR;
  if (!list->head) return true;
  if (!types_check_set(s, list->head)) return false;
  e->type = list->head->type;
  return true;
}

static bool check_in(const struct symbols *s, struct expr *left, struct expr *right) {
  if (right->kind != EXPR_SET && right->kind != EXPR_LIST) {
    return wrong(s, right, "as in: ip.src in {192.0.2.0/24} or ip.src in $office",
                 "'in' wants a set or a list");
  }
  if (!check(s, left) ||
      !(right->kind == EXPR_SET ? types_check_set(s, right) : check_list(s, right)))
    return false;
  if (left->type == right->type && left->type != TYPE_SECRET) return true;
  report_add(s->report, right->place, SPAN(""), "%s is never in a set whose items are each %s",
             type_name(left->type), type_name(right->type));
  return false;
}

static bool check_equal(const struct symbols *s, struct expr *left, struct expr *right) {
  if (!check(s, left) || !check(s, right)) return false;
  if (left->type == TYPE_SECRET) return wrong(s, left, "", "a password is a key, never compared");
  const struct expr *literal = right->kind == EXPR_ADDR ? right : left;
  if (literal->kind == EXPR_ADDR && literal->prefix.bits < 128) {
    return wrong(s, literal, "as in: ip.src in {192.0.2.0/24}", "a prefix equals no address");
  }
  return types_check(s, right, left->type);
}

/* The operators over texts, and the order of numbers and texts. */
static bool check_compare(const struct symbols *s, enum operator op, struct expr *left,
                          struct expr *right) {
  if (op == OPERATOR_EQ || op == OPERATOR_NE) return check_equal(s, left, right);
  if (op >= OPERATOR_LT && op <= OPERATOR_GE) {
    if (!check(s, left)) return false;
    return types_check(s, left, left->type == TYPE_TEXT ? TYPE_TEXT : TYPE_NUMBER) &&
           types_check(s, right, left->type);
  }
  if (!types_check(s, left, TYPE_TEXT) || !types_check(s, right, TYPE_TEXT)) return false;
  if (op == OPERATOR_CONTAINS || right->kind == EXPR_TEXT) return true;
  return wrong(s, right, "", "a pattern is written in quotes");
}

static bool check_binary(const struct symbols *s, struct expr *e) {
  enum operator op =(enum operator) e->ref;
  struct expr *left = e->kids, *right = left->next;
  bool joins = op <= OPERATOR_AND, sums = op >= OPERATOR_ADD, ok = true;
  e->type = sums ? TYPE_NUMBER : TYPE_BOOL;
  if (joins || sums) {
    for (struct expr *kid = left; kid; kid = kid->next) ok &= types_check(s, kid, e->type);
    return ok;
  }
  if (op == OPERATOR_IN) return check_in(s, left, right);
  if (!check_compare(s, op, left, right)) return false;
  if (!types_is_many(s->schema, right)) return true;
  return wrong(s, right, "a field with several values stands on the left",
               "this may have several values");
}

static bool check_once(const struct symbols *s, struct expr *e) {
  switch (e->kind) {
  case EXPR_BAD: return false;
  case EXPR_BOOL: e->type = TYPE_BOOL; return true;
  case EXPR_NUMBER: e->type = TYPE_NUMBER; return true;
  case EXPR_TEXT: e->type = TYPE_TEXT; return true;
  case EXPR_ADDR: e->type = TYPE_ADDR; return true;
  case EXPR_NAME: return check_name(s, e);
  case EXPR_FIELD:
  case EXPR_SIGNAL:
  case EXPR_ROUTE: return true;
  case EXPR_LIST:
  case EXPR_SET:
    return wrong(s, e, "as in: ip.src in {192.0.2.0/24}", "a set or list stands after 'in'");
  case EXPR_RANGE: return check_range(s, e);
  case EXPR_CALL: return check_call(s, e);
  case EXPR_NOT: e->type = TYPE_BOOL; return types_check(s, e->kids, TYPE_BOOL);
  case EXPR_NEGATE: e->type = TYPE_NUMBER; return types_check(s, e->kids, TYPE_NUMBER);
  case EXPR_BINARY: return check_binary(s, e);
  }
  return false;
}

/* Asked again, an expression answers as before: the time stays linear, and nothing is reported twice. */
static bool check(const struct symbols *s, struct expr *e) {
  if (!e->checked) e->fine = check_once(s, e);
  e->checked = true;
  return e->fine;
}

bool types_check(const struct symbols *s, struct expr *e, enum type wanted) {
  if (!check(s, e)) return false;
  if (e->type == wanted) return true;
  struct span mend = SPAN("");
  if (wanted == TYPE_BOOL && e->kind == EXPR_FIELD && e->type == TYPE_TEXT)
    mend = report_text(s->report, "compare it: %.*s eq \"…\"", SPAN_ARG(e->text));
  if (wanted == TYPE_TEXT && e->kind == EXPR_NUMBER)
    mend = report_text(s->report, "write \"%.*s\"", SPAN_ARG(e->text));
  if (wanted == TYPE_NUMBER && e->kind == EXPR_TEXT) mend = SPAN("write the number without quotes");
  if (wanted == TYPE_ADDR && e->kind == EXPR_TEXT) mend = SPAN("write the address without quotes");
  report_add(s->report, e->place, mend, "expected %s, but this is %s", type_name(wanted),
             type_name(e->type));
  return false;
}

bool types_check_key(const struct symbols *s, struct expr *e) {
  return check(s, e);
}

bool types_check_given(const struct symbols *s, struct expr *e) {
  bool equal = e->kind == EXPR_BINARY && e->ref == OPERATOR_EQ;
  if (!equal || e->kids->kind != EXPR_NAME) {
    return wrong(s, e, "as in: http.host eq \"example.kz\"",
                 "an example is made of FIELD eq VALUE");
  }
  struct expr *field = e->kids, *value = field->next;
  if (!check(s, field)) return false;
  if (field->kind != EXPR_FIELD) return wrong(s, field, "", "an example gives fields their values");
  enum type type = field->type == TYPE_SECRET ? TYPE_TEXT : field->type;
  if (!types_check(s, value, type)) return false;
  if (value->kind == EXPR_NEGATE && value->kids->kind == EXPR_NUMBER) return true;
  if (value->kind > EXPR_ADDR) return wrong(s, value, "", "the value is written out, not computed");
  return value->kind != EXPR_ADDR || value->prefix.bits == 128 ||
         wrong(s, value, "", "one address, not a prefix");
}
