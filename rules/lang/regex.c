// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/regex.h"

#include "rules/base/err.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdio.h>
#include <stdlib.h>

enum { PARENS_NEST_MAX = 32 };

struct regex {
  pcre2_code *code;
};

struct regex_scratch {
  pcre2_match_data *data; /* one pair: where it matched does not interest */
  pcre2_match_context *bounds;
};

/* No \C, which may split what PCRE2 counts; '$' is the end of the text and not before its last newline. */
static const uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;

int regex_new(struct span pattern, struct regex **out, char why[REGEX_ERROR_BYTES], size_t *at) {
  int code = 0;
  *at = 0;
  if (pattern.len > REGEX_PATTERN_BYTES_MAX) {
    snprintf(why, REGEX_ERROR_BYTES, "longer than %d bytes", REGEX_PATTERN_BYTES_MAX);
    return ERR_SYNTAX;
  }
  struct regex *regex = calloc(1, sizeof(*regex));
  pcre2_compile_context *context = pcre2_compile_context_create(NULL);
  if (!regex || !context) {
    free(regex);
    pcre2_compile_context_free(context);
    return ERR_MEMORY;
  }
  pcre2_set_parens_nest_limit(context, PARENS_NEST_MAX);
  regex->code = pcre2_compile((PCRE2_SPTR)pattern.at, pattern.len, options, &code, at, context);
  pcre2_compile_context_free(context);
  if (!regex->code) {
    pcre2_get_error_message(code, (PCRE2_UCHAR *)why, REGEX_ERROR_BYTES);
    free(regex);
    return ERR_SYNTAX;
  }
  /* Without JIT (no executable memory allowed) the interpreter answers the same, slower. */
  (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
  *out = regex;
  return OK;
}

void regex_free(struct regex **regex) {
  if (!*regex) return;
  pcre2_code_free((*regex)->code);
  free(*regex);
  *regex = NULL;
}

struct regex_scratch *regex_scratch_new(void) {
  struct regex_scratch *scratch = calloc(1, sizeof(*scratch));
  if (!scratch) return NULL;
  scratch->data = pcre2_match_data_create(1, NULL);
  scratch->bounds = pcre2_match_context_create(NULL);
  if (!scratch->data || !scratch->bounds) {
    regex_scratch_free(&scratch);
    return NULL;
  }
  pcre2_set_match_limit(scratch->bounds, REGEX_STEPS_MAX);
  pcre2_set_depth_limit(scratch->bounds, REGEX_DEPTH_MAX);
  pcre2_set_heap_limit(scratch->bounds, REGEX_HEAP_KIB_MAX);
  return scratch;
}

void regex_scratch_free(struct regex_scratch **scratch) {
  if (!*scratch) return;
  pcre2_match_data_free((*scratch)->data);
  pcre2_match_context_free((*scratch)->bounds);
  free(*scratch);
  *scratch = NULL;
}

int regex_match(const struct regex *regex, struct regex_scratch *scratch, struct span text) {
  int code = pcre2_match(regex->code, (PCRE2_SPTR)(text.len ? text.at : ""), text.len, 0, 0,
                         scratch->data, scratch->bounds);
  if (code >= 0) return 1;
  return code == PCRE2_ERROR_NOMATCH ? 0 : ERR_FULL;
}
