// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/spool.h"

#include "rules/base/err.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { LANE_MAX = 65536 };

static char folder[64], path[96], moved[96];

static int begin(void **state) {
  snprintf(folder, sizeof(folder), "/tmp/qorgan-spool-XXXXXX");
  if (!mkdtemp(folder)) return -1;
  snprintf(path, sizeof(path), "%s/log", folder);
  snprintf(moved, sizeof(moved), "%s/log.1", folder);
  return 0;
}

static int end(void **state) {
  unlink(path);
  unlink(moved);
  return rmdir(folder);
}

static char *content(const char *of, size_t *len) {
  FILE *f = fopen(of, "re");
  assert_non_null(f);
  char *text = calloc(1, 8 << 20);
  assert_non_null(text);
  *len = fread(text, 1, (8 << 20) - 1, f);
  fclose(f);
  return text;
}

static void lines_are_written_in_order_before_the_end(void **state) {
  struct spool *s;
  size_t len;
  assert_int_equal(spool_new(path, 1, LANE_MAX, &s), OK);
  for (int i = 0; i < 1000; i++) {
    char line[16];
    int chars = snprintf(line, sizeof(line), "line %d\n", i);
    assert_true(spool_put(spool_lane(s, 0), span_from(line, (size_t)chars)));
  }
  spool_free(&s);
  assert_null(s);
  char *text = content(path, &len), *at = text;
  for (int i = 0; i < 1000; i++) {
    int got = -1, took = 0;
    assert_int_equal(sscanf(at, "line %d\n%n", &got, &took), 1);
    assert_int_equal(got, i);
    at += took;
  }
  assert_int_equal(*at, '\0');
  free(text);
}

static void the_file_is_for_its_owner_and_group(void **state) {
  struct spool *s;
  struct stat st;
  assert_int_equal(spool_new(path, 1, LANE_MAX, &s), OK);
  spool_free(&s);
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 0037, 0);
}

struct worker {
  struct spool_lane *lane;
  char name;
  unsigned put;
};

static void *work(void *argument) {
  struct worker *w = argument;
  char line[64];
  memset(line, w->name, sizeof(line) - 1);
  line[sizeof(line) - 1] = '\n';
  for (int i = 0; i < 20000; i++) w->put += spool_put(w->lane, span_from(line, sizeof(line)));
  return NULL;
}

/* What was taken is there once and whole; what was not taken was said. */
static void no_line_is_torn_or_lost_in_silence(void **state) {
  struct spool *s;
  struct worker workers[4];
  pthread_t threads[4];
  size_t len, lines[4] = {0};
  assert_int_equal(spool_new(path, 4, LANE_MAX, &s), OK);
  for (unsigned i = 0; i < 4; i++) {
    workers[i] = (struct worker){.lane = spool_lane(s, i), .name = (char)('a' + i)};
    assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
  }
  for (unsigned i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  spool_free(&s);
  char *text = content(path, &len);
  assert_int_equal(len % 64, 0);
  for (size_t at = 0; at < len; at += 64) {
    for (int k = 1; k < 63; k++) assert_int_equal(text[at + k], text[at]);
    assert_int_equal(text[at + 63], '\n');
    lines[text[at] - 'a']++;
  }
  for (unsigned i = 0; i < 4; i++) {
    assert_int_equal(lines[i], workers[i].put);
    assert_true(workers[i].put > 0);
  }
  free(text);
}

static void a_line_longer_than_the_lane_is_not_taken_and_harms_none(void **state) {
  static char longest[LANE_MAX + 1];
  struct spool *s;
  size_t len;
  memset(longest, 'x', sizeof(longest));
  assert_int_equal(spool_new(path, 1, LANE_MAX, &s), OK);
  assert_true(spool_put(spool_lane(s, 0), SPAN("before\n")));
  assert_false(spool_put(spool_lane(s, 0), span_from(longest, sizeof(longest))));
  assert_true(spool_put(spool_lane(s, 0), SPAN("after\n")));
  spool_free(&s);
  char *text = content(path, &len);
  assert_string_equal(text, "before\nafter\n");
  free(text);
}

/* As logrotate does it: moved away, then SIGHUP. */
static void a_moved_file_is_opened_anew(void **state) {
  struct spool *s;
  size_t len;
  assert_int_equal(spool_new(path, 1, LANE_MAX, &s), OK);
  assert_true(spool_put(spool_lane(s, 0), SPAN("old\n")));
  assert_int_equal(rename(path, moved), 0);
  spool_reopen(s);
  for (int i = 0; i < 2000 && access(path, F_OK); i++) usleep(10000);
  assert_true(spool_put(spool_lane(s, 0), SPAN("new\n")));
  spool_free(&s);
  char *old = content(moved, &len), *new = content(path, &len);
  assert_string_equal(old, "old\n");
  assert_string_equal(new, "new\n");
  free(old);
  free(new);
}

static void a_file_that_cannot_be_is_refused(void **state) {
  struct spool *s = NULL;
  assert_int_equal(spool_new("/nonexistent/log", 1, LANE_MAX, &s), ERR_NOT_FOUND);
  assert_null(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(lines_are_written_in_order_before_the_end),
      TEST(the_file_is_for_its_owner_and_group),
      TEST(no_line_is_torn_or_lost_in_silence),
      TEST(a_line_longer_than_the_lane_is_not_taken_and_harms_none),
      TEST(a_moved_file_is_opened_anew),
      cmocka_unit_test(a_file_that_cannot_be_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
