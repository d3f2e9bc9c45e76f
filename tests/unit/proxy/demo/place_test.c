// SPDX-License-Identifier: Apache-2.0
/** Where a demonstration stands: its folder and its ports. */
#include "proxy/demo/folder.h"
#include "proxy/demo/ports.h"

#include "proxy/net/socket.h"
#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

static bool there(const char *path) {
  struct stat st;
  return lstat(path, &st) == 0;
}

static void a_temporary_folder_goes_whole(void **state) {
  struct folder outer, f;
  char path[PATH_MAX], kept[PATH_MAX], link[PATH_MAX];
  assert_int_equal(folder_open(&outer, NULL), OK);
  assert_int_equal(folder_write(&outer, "kept", SPAN("x"), SPAN("#")), OK);
  assert_int_equal(folder_at(&outer, "kept", kept), OK);

  assert_int_equal(folder_open(&f, NULL), OK);
  assert_true(f.temporary);
  assert_int_equal(folder_at(&f, "deep", path), OK);
  assert_int_equal(mkdir(path, 0700), 0);
  assert_int_equal(folder_write(&f, "deep/file", SPAN("x"), SPAN("#")), OK);
  assert_int_equal(folder_at(&f, "link", link), OK);
  assert_int_equal(symlink(outer.path, link), 0);
  assert_int_equal(folder_close(&f), OK);
  assert_false(there(f.path));
  assert_true(there(kept)); /* what a link points to stays */
  assert_int_equal(folder_close(&outer), OK);
}

static void a_given_folder_stays(void **state) {
  struct folder outer, f, again;
  char path[PATH_MAX];
  assert_int_equal(folder_open(&outer, NULL), OK);
  assert_int_equal(folder_at(&outer, "given", path), OK);
  assert_int_equal(folder_open(&f, path), OK);
  assert_false(f.temporary);
  assert_int_equal(folder_open(&again, path), OK);
  assert_string_equal(f.path, again.path);
  assert_int_equal(folder_close(&f), OK);
  assert_true(there(path));
  assert_int_equal(folder_at(&outer, "no/parent", path), OK);
  assert_int_equal(folder_open(&f, path), ERR_NOT_FOUND);
  assert_int_equal(folder_close(&outer), OK);
}

static void what_is_not_ours_is_not_overwritten(void **state) {
  struct folder f;
  char path[PATH_MAX], text[16] = "";
  assert_int_equal(folder_open(&f, NULL), OK);
  assert_int_equal(folder_write(&f, "a", SPAN("# ours 1"), SPAN("# ours")), OK);
  assert_int_equal(folder_write(&f, "a", SPAN("theirs"), SPAN("# ours")), OK);
  assert_int_equal(folder_write(&f, "a", SPAN("# ours 2"), SPAN("# ours")), ERR_EXISTS);
  assert_int_equal(folder_at(&f, "a", path), OK);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  assert_non_null(fgets(text, sizeof(text), file));
  fclose(file);
  assert_string_equal(text, "theirs");
  assert_int_equal(folder_close(&f), OK);
}

static void a_port_that_is_listened_on_is_passed_over(void **state) {
  struct endpoint at = {.kind = ENDPOINT_TCP,
                        .addr = addr_from_v4((const uint8_t[]){127, 0, 0, 1})};
  struct sockaddr_storage bound;
  socklen_t len = sizeof(bound);
  struct addr addr;
  uint16_t taken, found;
  int fd;
  assert_int_equal(socket_listen(&at, &fd), OK); /* with SO_REUSEPORT, as our own listeners are */
  assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &len), 0);
  endpoint_from_sockaddr((struct sockaddr *)&bound, &addr, &taken);
  int err = ports_find(taken, &found);
  if (!err)
    assert_int_not_equal(found, taken);
  else
    assert_int_equal(err, ERR_BUSY);
  close(fd);
  assert_int_equal(ports_find(0, &found), OK);
  assert_int_not_equal(found, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_temporary_folder_goes_whole),
      cmocka_unit_test(a_given_folder_stays),
      cmocka_unit_test(what_is_not_ours_is_not_overwritten),
      cmocka_unit_test(a_port_that_is_listened_on_is_passed_over),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
