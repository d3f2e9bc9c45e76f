// SPDX-License-Identifier: Apache-2.0
/** `qorgan rules explain [NAME]`: the reference of the language, from the tables that the language is made of. */
#include "proxy/commands.h"

#include "rules/base/buf.h"
#include "rules/engine/fields.h"
#include "rules/lang/ast.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

static const char *shape_text(enum field_shape shape) {
  return shape == FIELD_MAP ? "[\"name\"]" : "";
}

static void field_line(const struct field *f, struct buf *out) {
  char name[64];
  snprintf(name, sizeof(name), "%s%s", f->name, shape_text(f->shape));
  buf_printf(out, "  %-38s %-10s %s\n", name, type_name(f->type), f->help);
}

static void json_field(const struct field *f, struct buf *out) {
  buf_printf(out, "{\"name\":\"%s\",\"type\":\"%s\",\"known\":\"%s\",\"from\":", f->name,
             type_name(f->type), phase_name(f->phase));
  buf_put_json(out, span_of(f->from));
  buf_put_text(out, ",\"help\":");
  buf_put_json(out, span_of(f->help));
  buf_put_text(out, "}\n");
}

static void explain_field(const struct field *f, struct buf *out) {
  buf_printf(out, "%s%s\n  %s\n  type   %s%s\n  known  with the %s\n  from   %s\n", f->name,
             shape_text(f->shape), f->help, type_name(f->type),
             f->shape == FIELD_ONE
                 ? ""
                 : "; any number of values: an operator holds when it holds for one",
             phase_name(f->phase), f->from);
}

static void words(const char *title, const struct word *rows, size_t count, struct buf *out) {
  buf_printf(out, "\n%s\n", title);
  for (size_t i = 0; i < count; i++) {
    if (rows[i].text[0]) buf_printf(out, "  %-38s %s\n", rows[i].text, rows[i].help);
  }
}

static void statement_usage(const struct statement_row *row, struct buf *out) {
  static const char *const heads[] = {[HEAD_NOTHING] = "",
                                      [HEAD_QUANTITY] = " NUMBER",
                                      [HEAD_EXPR] = " EXPRESSION",
                                      [HEAD_SET] = " [{ITEM...}]"};
  const char *name = row == &statement_rows[STATEMENT_EXAMPLE] ? "\"TEXT\"" : "NAME";
  buf_printf(out, "  %-10s %s\n             %s %s%s%s", row->word, row->help, row->word, name,
             heads[row->head], row->braces ? " {" : "");
  for (unsigned i = 0; i < row->use_count; i++) {
    const struct clause_use *use = &row->uses[i];
    const struct clause_row *clause = &clause_rows[use->kind];
    const char *space = clause->word[0] && clause->usage[0] ? " " : "";
    buf_printf(out, use->needed ? " %s%s%s" : " [%s%s%s]", clause->word, space, clause->usage);
  }
  buf_put_text(out, row->braces ? " }\n" : "\n");
}

static void reference(struct buf *out) {
  buf_put_text(out, "Statements\n");
  for (size_t i = 0; i < STATEMENT_COUNT; i++) statement_usage(&statement_rows[i], out);
  words("Actions", action_words, ACTION_COUNT, out);
  words("Events", event_words, EVENT_COUNT, out);
  buf_put_text(out, "\nOperators\n ");
  for (size_t i = 0; i < OPERATOR_COUNT; i++)
    buf_printf(out, " %s%s", operators[i].text, i + 1 < OPERATOR_COUNT ? "," : ", not\n");
  buf_put_text(out, "\nFunctions\n");
  for (size_t i = 0; i < FUNCTION_COUNT; i++)
    buf_printf(out, "  %-38s %s\n", functions[i].name, functions[i].help);
  buf_put_text(
      out,
      "\nFields (one that is not filled in is not known: no statement acts on what hangs on it)\n");
  for (size_t i = 0; i < fields_schema.field_count; i++) field_line(&fields_schema.fields[i], out);
}

/* True when there is such a word. */
static bool explain_word(const char *name, struct buf *out) {
  struct span text = span_of(name);
  int action = word_find(action_words, ACTION_COUNT, text),
      event = word_find(event_words, EVENT_COUNT, text);
  if (action >= 0) buf_printf(out, "%s (action)\n  %s\n", name, action_words[action].help);
  if (event >= 0) buf_printf(out, "%s (event)\n  %s\n", name, event_words[event].help);
  for (size_t i = 0; i < STATEMENT_COUNT; i++) {
    if (span_eq(text, span_of(statement_rows[i].word))) statement_usage(&statement_rows[i], out);
  }
  for (size_t i = 0; i < FUNCTION_COUNT; i++) {
    if (span_eq(text, span_of(functions[i].name)))
      buf_printf(out, "%s()\n  %s\n", name, functions[i].help);
  }
  return buf_len(out) > 0;
}

static int unknown(const struct invocation *in) {
  struct nearest near = nearest_to(span_of(in->argv[0]));
  for (size_t i = 0; i < fields_schema.field_count; i++)
    nearest_offer(&near, span_of(fields_schema.fields[i].name));
  fprintf(stderr, "qorgan %s: the language has no '%s'.", in->command->name, in->argv[0]);
  if (near.best.len) fprintf(stderr, " Did you mean '%.*s'?", SPAN_ARG(near.best));
  fprintf(stderr, "\n");
  return CLI_REFUSED;
}

int command_rules_explain(const struct invocation *in) {
  struct buf out;
  int code = CLI_DONE, field = in->argc ? schema_find(&fields_schema, span_of(in->argv[0])) : -1;
  buf_init(&out, TEXT_BYTES_MAX);
  if (field >= 0 && in->json)
    json_field(&fields_schema.fields[field], &out);
  else if (field >= 0)
    explain_field(&fields_schema.fields[field], &out);
  else if (in->argc && !explain_word(in->argv[0], &out))
    code = unknown(in);
  else if (!in->argc && in->json)
    for (size_t i = 0; i < fields_schema.field_count; i++)
      json_field(&fields_schema.fields[i], &out);
  else if (!in->argc)
    reference(&out);
  fwrite(out.at ? out.at : "", 1, buf_len(&out), stdout);
  buf_fini(&out);
  return code;
}
