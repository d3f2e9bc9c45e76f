// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/basic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void pairs_are_read(void **state) {
  static const struct {
    const char *value, *user, *password;
  } ROWS[] = {
      {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"}, /* RFC 7617 §2 */
      {"basic   QWxhZGRpbjpvcGVuIHNlc2FtZQ", "Aladdin", "open sesame"},
      {"BASIC dGVzdDoxMjPCow==", "test", "123\xc2\xa3"}, /* RFC 7617 §2.1 */
      {"Basic YTpiOmM=", "a", "b:c"},
      {"Basic Og==", "", ""},
  };
  for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
    char room[BASIC_BYTES_MAX];
    struct span user, password;
    assert_true(basic_parse(span_of(ROWS[i].value), room, &user, &password));
    assert_true(span_eq(user, span_of(ROWS[i].user)));
    assert_true(span_eq(password, span_of(ROWS[i].password)));
  }
}

static void others_are_not(void **state) {
  static const char *const BAD[] = {"",           "Basic",      "Basic ",          "Bearer YTpi",
                                    "Basic YWJj", "Basic YT*i", "Basic YTpi YTpi", "YTpi"};
  char room[BASIC_BYTES_MAX], longest[1024] = "Basic ";
  struct span user, password;
  for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++)
    assert_false(basic_parse(span_of(BAD[i]), room, &user, &password));
  memset(longest + 6, 'O', sizeof(longest) - 7); /* colons, past the room */
  assert_false(basic_parse(span_of(longest), room, &user, &password));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pairs_are_read),
      cmocka_unit_test(others_are_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
