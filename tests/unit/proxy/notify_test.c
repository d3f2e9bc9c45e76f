// SPDX-License-Identifier: Apache-2.0
#include "proxy/notify.h"

#include "rules/base/err.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static int manager = -1; /* systemd's end */

/* Listens on a fresh abstract name, or on a path, and tells the program of it. */
static void listen_on(const char *path) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  char name[108];
  if (manager >= 0) close(manager);
  manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  assert_true(manager >= 0);
  snprintf(name, sizeof(name), "@qorgan-notify-%d", (int)getpid());
  if (path) snprintf(name, sizeof(name), "%s", path);
  size_t len = strlen(name);
  memcpy(at.sun_path, name, len);
  if (name[0] == '@') at.sun_path[0] = '\0';
  socklen_t at_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
  assert_int_equal(bind(manager, (struct sockaddr *)&at, at_len), 0);
  setenv("NOTIFY_SOCKET", name, 1);
}

static const char *received(void) {
  static char text[512];
  ssize_t len = recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT);
  text[len < 0 ? 0 : len] = '\0';
  return text;
}

static void each_state_is_one_datagram(void **state) {
  listen_on(NULL);
  assert_int_equal(notify_ready(), OK);
  assert_string_equal(received(), "READY=1");
  assert_int_equal(notify_stopping(), OK);
  assert_string_equal(received(), "STOPPING=1");
  uint64_t us = 0;
  assert_int_equal(notify_reloading(), OK);
  assert_int_equal(sscanf(received(), "RELOADING=1\nMONOTONIC_USEC=%" SCNu64, &us), 1);
  assert_true(us > 0);
  assert_string_equal(received(), "");
}

static void a_status_is_one_short_line(void **state) {
  listen_on(NULL);
  assert_int_equal(notify_status("%d sites\nREADY=1", 3), OK);
  assert_string_equal(received(), "STATUS=3 sites READY=1");
  assert_int_equal(notify_status("%0300d", 0), OK);
  assert_int_equal(strlen(received()), strlen("STATUS=") + 200);
}

static void a_path_is_as_good_as_a_name(void **state) {
  char folder[] = "/tmp/qorgan_notify_XXXXXX", path[64];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof(path), "%s/socket", folder);
  listen_on(path);
  assert_int_equal(notify_ready(), OK);
  assert_string_equal(received(), "READY=1");
  unlink(path);
  assert_int_equal(notify_ready(), ERR_NOT_FOUND);
  rmdir(folder);
}

static void without_a_manager_nothing_is_sent(void **state) {
  unsetenv("NOTIFY_SOCKET");
  assert_int_equal(notify_ready(), OK);
  setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
  assert_int_equal(notify_ready(), ERR_UNSUPPORTED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_state_is_one_datagram),
      cmocka_unit_test(a_status_is_one_short_line),
      cmocka_unit_test(a_path_is_as_good_as_a_name),
      cmocka_unit_test(without_a_manager_nothing_is_sent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
