// SPDX-License-Identifier: Apache-2.0
// room: proxy
/* Any bytes are a trace or a clear error with a line's number: never a crash, a leak, or a line that lacks what it must
 * have. */
#include "proxy/trace.h"

#include "rules/base/err.h"
#include "rules/base/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const struct trace_line *line) {
  require(line->json && line->seen.t >= 0 && line->seen.kind < TRACE_KIND_COUNT);
  require(!(line->seen.asn < 0));
  const struct span *texts[] = {&line->seen.country, &line->seen.user, &line->seen.agent,
                                &line->hidden.label, &line->hidden.cohort};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    require(!texts[i]->at || texts[i]->at[texts[i]->len] == '\0');
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct trace trace;
  struct trace_line line;
  struct trace_error why = {""};
  real_ms last = 0;
  int err;
  FILE *file = size ? fmemopen((void *)data, size, "r") : NULL;
  if (!file || trace_init(&trace, file)) return 0;
  while ((err = trace_next(&trace, &line, &why)) == OK) {
    check_line(&line);
    require(line.seen.t >= last && trace.line > 0);
    last = line.seen.t;
    trace_line_fini(&line);
  }
  require(err == ERR_CLOSED || (why.text[0] && trace.line > 0));
  trace_fini(&trace);
  fclose(file);
  return 0;
}
