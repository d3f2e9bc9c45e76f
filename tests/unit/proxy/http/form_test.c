// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/form.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void assert_last(const char *body, const char *name, const char *wanted) {
  struct form f;
  assert_int_equal(form_parse(&f, span_of(body)), OK);
  struct span got = form_last(&f, span_of(name));
  bool same = wanted ? got.at && span_eq(got, span_of(wanted)) : !got.at;
  if (!same) print_error("%s of %s: %.*s\n", name, body, SPAN_ARG(got));
  assert_true(same);
  form_fini(&f);
}

static void values_are_decoded_and_the_last_counts(void **state) {
  assert_last("log=a&pwd=b", "pwd", "b");
  assert_last("pwd=a&pwd=b", "pwd", "b");
  assert_last("pwd=a+b%2Bc%26%3D", "pwd", "a b+c&=");
  assert_last("pwd=%d2%9B", "pwd", "\xd2\x9b");
  assert_last("pwd=%", "pwd", "%");
  assert_last("pwd=%4", "pwd", "%4");
  assert_last("pwd=%zz%41", "pwd", "%zzA");
  assert_last("pwd=a=b", "pwd", "a=b");
  assert_last("pwd", "pwd", "");
  assert_last("pwd=", "pwd", "");
  assert_last("%70wd=x", "pwd", "x");
  assert_last("&&pwd=x&", "pwd", "x");
  assert_last("", "pwd", NULL);
  assert_last("pwdx=1&xpwd=2", "pwd", NULL);
}

/* What PHP would read under the name must not pass us by. */
static void names_are_read_as_php_does(void **state) {
  assert_last("pwd=a&+pwd=b", "pwd", "b");
  assert_last("pwd=a&%20%20pwd=b", "pwd", "b");
  assert_last("user.name=b", "user_name", "b");
  assert_last("user+name=b", "user_name", "b");
}

static void each_value_is_found(void **state) {
  struct form f;
  assert_int_equal(form_parse(&f, SPAN("a=1&b=2&a=3")), OK);
  assert_true(span_eq(form_nth(&f, SPAN("a"), 0), SPAN("1")));
  assert_true(span_eq(form_nth(&f, SPAN("a"), 1), SPAN("3")));
  assert_null(form_nth(&f, SPAN("a"), 2).at);
  form_fini(&f);
  form_fini(&f);
}

static void too_many_fields_are_not_read(void **state) {
  char body[2 * FORM_FIELDS_MAX];
  for (size_t i = 0; i < sizeof(body); i++) body[i] = i % 2 ? '&' : 'a';
  struct form f;
  assert_int_equal(form_parse(&f, span_from(body, sizeof(body) - 1)), OK);
  assert_int_equal(f.count, FORM_FIELDS_MAX);
  form_fini(&f);
  assert_int_equal(form_parse(&f, span_from(body, sizeof(body))), ERR_FULL);
  assert_null(f.fields);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_decoded_and_the_last_counts),
      cmocka_unit_test(names_are_read_as_php_does),
      cmocka_unit_test(each_value_is_found),
      cmocka_unit_test(too_many_fields_are_not_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
