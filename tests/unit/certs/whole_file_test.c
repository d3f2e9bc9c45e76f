// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/certs/making.h"

#include <dirent.h>

static void what_was_written_is_read_with_its_mode(void **state) {
  struct why why;
  struct whole_file file;
  const char *path = making_path(state, "a");
  assert_int_equal(whole_file_replace(path, 0640, SPAN("one"), &why), OK);
  assert_int_equal(whole_file_replace(path, 0600, SPAN("two\0x"), &why), OK);
  assert_int_equal(whole_file_read(path, &file, &why), OK);
  assert_true(span_eq(whole_file_span(&file), SPAN("two\0x")));
  assert_int_equal(file.mode & 07777, 0600);
  whole_file_fini(&file);
}

static void create_never_replaces(void **state) {
  struct why why;
  struct whole_file file;
  const char *path = making_path(state, "a");
  assert_int_equal(whole_file_create(path, 0600, SPAN("one"), &why), OK);
  assert_int_equal(whole_file_create(path, 0600, SPAN("two"), &why), ERR_EXISTS);
  assert_int_equal(whole_file_read(path, &file, &why), OK);
  assert_true(span_eq(whole_file_span(&file), SPAN("one")));
  whole_file_fini(&file);
}

static void nothing_is_left_beside_it(void **state) {
  struct why why;
  const char *path = making_path(state, "a");
  whole_file_create(path, 0600, SPAN("one"), &why);
  whole_file_create(path, 0600, SPAN("two"), &why);
  whole_file_replace(path, 0600, SPAN("three"), &why);
  DIR *dir = opendir(((struct making_folder *)*state)->path);
  int names = 0;
  while (readdir(dir)) names++;
  closedir(dir);
  assert_int_equal(names, 3); /* ".", "..", "a" */
}

static void what_is_no_small_regular_file_is_refused(void **state) {
  struct why why;
  struct whole_file file;
  const char *pipe = making_path(state, "pipe"), *big = making_path(state, "big");
  assert_int_equal(whole_file_read(making_path(state, "none"), &file, &why), ERR_NOT_FOUND);
  assert_non_null(strstr(why.text, "/none: cannot open"));
  assert_int_equal(whole_file_read(making_path(state, ""), &file, &why), ERR_UNSUPPORTED);
  assert_int_equal(mkfifo(pipe, 0600), 0);
  assert_int_equal(whole_file_read(pipe, &file, &why), ERR_UNSUPPORTED);
  making_write(big, "", 0600);
  assert_int_equal(truncate(big, WHOLE_FILE_BYTES_MAX), 0);
  assert_int_equal(whole_file_read(big, &file, &why), OK);
  whole_file_fini(&file);
  assert_int_equal(truncate(big, WHOLE_FILE_BYTES_MAX + 1), 0);
  assert_int_equal(whole_file_read(big, &file, &why), ERR_FULL);
  assert_null(file.at);
}

static void a_missing_folder_is_said(void **state) {
  struct why why;
  assert_int_equal(whole_file_replace(making_path(state, "no/a"), 0600, SPAN("x"), &why),
                   ERR_NOT_FOUND);
  assert_non_null(strstr(why.text, "/no/a: cannot write"));
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, making_setup, making_teardown)
  const struct CMUnitTest tests[] = {
      T(what_was_written_is_read_with_its_mode),
      T(create_never_replaces),
      T(nothing_is_left_beside_it),
      T(what_is_no_small_regular_file_is_refused),
      T(a_missing_folder_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, making_end);
}
