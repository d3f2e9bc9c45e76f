// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/kru.h"

#include "rules/base/err.h"
#include "tests/unit/chance.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { SECOND_US = 1000000, HALF_LIFE_MS = 60000 };
static const struct siphash_key KEY = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

static struct kru made(uint32_t lines, enum kru_law law) {
  struct kru k;
  assert_int_equal(kru_init(&k, lines, law, HALF_LIFE_MS, KEY, 1000), OK);
  return k;
}

static uint64_t key_of(const struct kru *k, uint64_t number) {
  return kru_key(k, 7, span_from(&number, sizeof(number)));
}

static void leaking_loads_are_a_leaky_bucket(void **state) {
  struct kru k = made(2, KRU_LEAKING);
  uint64_t a = key_of(&k, 1), b = key_of(&k, 2);
  assert_int_equal(kru_peek(&k, 1000, a), 0);
  assert_int_equal(kru_charge(&k, 1000, a, SECOND_US, KRU_ANY), SECOND_US);
  assert_int_equal(kru_charge(&k, 1500, a, SECOND_US, KRU_ANY), 3 * SECOND_US / 2);
  assert_int_equal(kru_peek(&k, 1500, b), 0);
  assert_int_equal(kru_peek(&k, 2000, a), SECOND_US);
  assert_int_equal(kru_peek(&k, 9000, a), 0);
  assert_int_equal(kru_charge(&k, 9000, a, 5, KRU_ANY), 5);
  kru_fini(&k);
}

static void halving_loads_halve(void **state) {
  struct kru k = made(2, KRU_HALVING);
  uint64_t a = key_of(&k, 1);
  for (unsigned i = 1; i <= 20; i++) {
    assert_int_equal(kru_charge(&k, 1000, a, KRU_EVENT, KRU_ANY), i * KRU_EVENT);
  }
  assert_int_equal(kru_peek(&k, 1000 + HALF_LIFE_MS, a), 10 * KRU_EVENT);
  assert_int_equal(kru_peek(&k, 1000 + 2 * HALF_LIFE_MS, a), 5 * KRU_EVENT);
  assert_int_equal(kru_charge(&k, 1000 + 2 * HALF_LIFE_MS, a, KRU_EVENT, KRU_ANY), 6 * KRU_EVENT);
  assert_int_equal(kru_peek(&k, 1000 + 60 * HALF_LIFE_MS, a), 0);
  kru_fini(&k);
}

static void past_most_nothing_is_charged(void **state) {
  for (enum kru_law law = KRU_LEAKING; law <= KRU_HALVING; law++) {
    struct kru k = made(16, law);
    uint64_t a = key_of(&k, 1);
    for (unsigned i = 1; i <= 10; i++) {
      assert_int_equal(kru_charge(&k, 1000, a, 1000, 10000), i * 1000);
    }
    for (unsigned i = 0; i < 100; i++)
      assert_int_equal(kru_charge(&k, 1000, a, 1000, 10000), 11000);
    assert_int_equal(kru_peek(&k, 1000, a), 10000);
    kru_refund(&k, 1000, a, 1000);
    assert_int_equal(kru_charge(&k, 1000, a, 1000, 10000), 10000);
    kru_fini(&k);
  }
}

static void refunds_do_not_go_below_nothing(void **state) {
  for (enum kru_law law = KRU_LEAKING; law <= KRU_HALVING; law++) {
    struct kru k = made(16, law);
    uint64_t a = key_of(&k, 1);
    kru_refund(&k, 1000, a, 500);
    kru_charge(&k, 1000, a, 3000, KRU_ANY);
    kru_refund(&k, 1000, a, 1000);
    assert_int_equal(kru_peek(&k, 1000, a), 2000);
    kru_refund(&k, 1000, a, 100000);
    assert_true(kru_peek(&k, 1000, a) <= 1);
    assert_true(kru_charge(&k, 1000, a, 1000, KRU_ANY) <= 1001);
    kru_fini(&k);
  }
}

static void strange_arguments_are_refused_or_held(void **state) {
  struct kru k;
  assert_int_equal(kru_init(&k, 3, KRU_LEAKING, 0, KEY, 0), ERR_RANGE);
  assert_int_equal(kru_init(&k, 1, KRU_LEAKING, 0, KEY, 0), ERR_RANGE);
  assert_int_equal(kru_init(&k, 2 * KRU_LINES_MAX, KRU_LEAKING, 0, KEY, 0), ERR_RANGE);
  assert_int_equal(kru_init(&k, 2, KRU_HALVING, 0, KEY, 0), ERR_RANGE);
  assert_int_equal(kru_init(&k, 2, KRU_HALVING, KRU_HALF_LIFE_MS_MAX + 1, KEY, 0), ERR_RANGE);
  static const mono_ms TIMES[] = {INT64_MIN,        -1,        0,        1000, 1001,
                                  (mono_ms)1 << 40, INT64_MAX, INT64_MIN};
  for (enum kru_law law = KRU_LEAKING; law <= KRU_HALVING; law++) {
    k = made(2, law);
    uint64_t before = 0;
    for (size_t i = 0; i < sizeof(TIMES) / sizeof(TIMES[0]); i++) {
      uint64_t load = kru_charge(&k, TIMES[i], key_of(&k, 1), UINT32_MAX, KRU_ANY);
      assert_true(load >= UINT32_MAX);
      before = load;
    }
    assert_true(kru_charge(&k, 1000, key_of(&k, 2), UINT64_MAX, 5) > 5);
    assert_int_equal(kru_peek(&k, 1000, key_of(&k, 2)), 0);
    assert_true(kru_charge(&k, 1000, key_of(&k, 2), UINT64_MAX, KRU_ANY) >= (uint64_t)1 << 53);
    kru_refund(&k, 1000, key_of(&k, 2), UINT64_MAX);
    assert_true(kru_peek(&k, 1000, key_of(&k, 2)) <= 1);
    /* Back at the beginning, what was charged at the end of time is still owed. */
    assert_true(before > UINT32_MAX && kru_peek(&k, 1000, key_of(&k, 1)) >= UINT32_MAX);
    kru_fini(&k);
  }
}

static void lines_suffice_for_the_keys(void **state) {
  static const uint64_t KEYS[] = {0, 1, 11, 1000, 1000000, 10000000};
  for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
    uint32_t lines = kru_lines_for(KEYS[i]);
    assert_true((lines & (lines - 1)) == 0 && lines >= 2);
    assert_true((uint64_t)lines * KRU_LINE_ENTRIES * 2 >= KEYS[i] * 3);
  }
  assert_int_equal(kru_lines_for(UINT64_MAX / 8), KRU_LINES_MAX);
}

/* The naive model: one exact load a key, brought to `now` whenever it is looked at. */
enum { KEYS_MAX = 4096 };
struct model {
  enum kru_law law;
  double load[KEYS_MAX], at_ms[KEYS_MAX];
};

/* Time that goes backwards makes a load larger, as it does in the table. */
static double model_load(struct model *m, unsigned key, double now_ms) {
  double passed = now_ms - m->at_ms[key];
  if (m->law == KRU_LEAKING) return fmax(0, m->load[key] - passed * 1000);
  return m->load[key] * exp2(-passed / HALF_LIFE_MS);
}

/* A bucket that is empty now was not less than empty before: only an entry with a load looks back. */
static void model_charge(struct model *m, unsigned key, double now_ms, double price) {
  m->load[key] = fmax(0, model_load(m, key, now_ms) + price);
  m->at_ms[key] = now_ms;
}

static bool share_an_entry(const struct kru *k, uint64_t a, uint64_t b) {
  uint32_t mask = k->mask, a1 = (uint32_t)a & mask, a2 = (uint32_t)(a >> 24) & mask;
  uint32_t b1 = (uint32_t)b & mask, b2 = (uint32_t)(b >> 24) & mask;
  if (a1 == a2) a2 ^= 1;
  if (b1 == b2) b2 ^= 1;
  return a >> 48 == b >> 48 && (a1 == b1 || a1 == b2 || a2 == b1 || a2 == b2);
}

static void mark_lookalikes(const struct kru *k, unsigned keys, bool *alike) {
  memset(alike, 0, KEYS_MAX);
  for (unsigned a = 0; a < keys; a++) {
    for (unsigned b = a + 1; b < keys; b++) {
      if (share_an_entry(k, key_of(k, a), key_of(k, b))) alike[a] = alike[b] = true;
    }
  }
}

/* Rounding: one unit, and under KRU_HALVING a millionth of a millionth an operation. */
static double slack(double load) {
  return 2 + load * 1e-6;
}

enum order { RANDOM_ORDER, ROUND_ROBIN, FRESH_KEYS, ORDER_COUNT };

static unsigned next_key(struct chance *c, enum order order, unsigned step, unsigned keys) {
  if (order == ROUND_ROBIN) return step % keys;
  if (order == FRESH_KEYS && step % 2)
    return step / 2 % keys; /* half the charges: the key unseen longest */
  return (unsigned)(chance_below(c, keys) * chance_below(c, keys) / keys);
}

/* Answers are never below the model's, and above it by no more than the largest floor there was. */
static void compare(struct chance *c, enum kru_law law, enum order order, uint32_t lines,
                    unsigned keys) {
  static struct model m;
  static bool alike[KEYS_MAX];
  memset(&m, 0, sizeof(m));
  m.law = law;
  struct kru k = made(lines, law);
  mark_lookalikes(&k, keys, alike);
  mono_ms now = 1000;
  double floor = 0;
  for (unsigned step = 0; step < 20000; step++) {
    unsigned key = next_key(c, order, step, keys);
    now += (mono_ms)chance_below(c, 40) - (chance_below(c, 20) == 0 ? 100 : 0);
    if (now < 1000) now = 1000;
    uint32_t price = 1 + (uint32_t)chance_below(c, 50000);
    double most_floor = (double)kru_fill(&k, now, 0).floor_most;
    if (most_floor > floor) floor = most_floor;
    bool refund = chance_below(c, 8) == 0 && (double)price < model_load(&m, key, (double)now);
    if (refund)
      kru_refund(&k, now, key_of(&k, key), price);
    else
      kru_charge(&k, now, key_of(&k, key), price, KRU_ANY);
    model_charge(&m, key, (double)now, refund ? -(double)price : price);
    unsigned other = (unsigned)chance_below(c, keys);
    unsigned look[2] = {key, other};
    most_floor = (double)kru_fill(&k, now, 0).floor_most;
    if (most_floor > floor) floor = most_floor;
    for (unsigned i = 0; i < 2; i++) {
      double truth = model_load(&m, look[i], (double)now);
      double answer = (double)kru_peek(&k, now, key_of(&k, look[i]));
      if (answer < truth - slack(truth)) fail_msg("step %u: %f is below %f", step, answer, truth);
      if (!alike[look[i]] && answer > truth + floor + slack(answer)) {
        fail_msg("step %u: %f is above %f by more than %f", step, answer, truth, floor);
      }
    }
  }
  kru_fini(&k);
}

static void never_below_the_truth_and_above_by_the_floor(void **state) {
  struct chance c = chance_seed("kru");
  for (enum kru_law law = KRU_LEAKING; law <= KRU_HALVING; law++) {
    for (enum order order = 0; order < ORDER_COUNT; order++) {
      compare(&c, law, order, 2, 16);   /* fits */
      compare(&c, law, order, 2, 17);   /* one key too many: the worst case of Space-Saving */
      compare(&c, law, order, 4, 300);  /* ten times too many */
      compare(&c, law, order, 64, 300); /* fits with room */
    }
  }
}

static void in_a_table_with_room_answers_are_exact(void **state) {
  struct chance c = chance_seed("kru, room");
  static uint64_t sum[KEYS_MAX];
  static bool alike[KEYS_MAX];
  memset(sum, 0, sizeof(sum));
  struct kru k = made(kru_lines_for(KEYS_MAX), KRU_LEAKING);
  mark_lookalikes(&k, KEYS_MAX, alike);
  for (unsigned i = 0; i < 100000; i++) {
    unsigned key = (unsigned)chance_below(&c, KEYS_MAX);
    uint32_t price = (uint32_t)chance_below(&c, 1000);
    kru_charge(&k, 1000, key_of(&k, key), price, KRU_ANY);
    sum[key] += price;
  }
  struct kru_fill fill = kru_fill(&k, 1000, 0);
  assert_int_equal(fill.floor_most, 0);
  for (unsigned key = 0; key < KEYS_MAX; key++) {
    if (!alike[key]) assert_int_equal(kru_peek(&k, 1000, key_of(&k, key)), sum[key]);
  }
  kru_fini(&k);
}

static void a_heavy_key_outlives_a_flood_of_new_ones(void **state) {
  struct kru k = made(16, KRU_LEAKING);
  uint64_t heavy = key_of(&k, 0);
  assert_int_equal(kru_charge(&k, 1000, heavy, 1000 * SECOND_US, KRU_ANY), 1000 * SECOND_US);
  for (unsigned i = 1; i < 20000; i++) kru_charge(&k, 1000, key_of(&k, i), 1000, KRU_ANY);
  /* A few keys of the flood have its entry, at 1000 each. */
  assert_in_range(kru_peek(&k, 1000, heavy), 1000 * SECOND_US, 1000 * SECOND_US + 100000);
  struct kru_fill fill = kru_fill(&k, 1000, 0);
  assert_true(fill.live == 1 && fill.floored == 1);
  /* 20,000 thousands over 128 entries cannot lift the smallest of them above 160 thousands and one insertion. */
  assert_true(fill.floor_most > 100000 && fill.floor_most < 400000);
  assert_true(fill.floor_mean <= fill.floor_most);
  assert_int_equal(kru_fill(&k, 1000 + 1000, 0).floor_most, 0);
  kru_fini(&k);
}

/* Threads: what all of them charged is there, and no more than `most` is ever admitted. */
enum { THREADS_MAX = 8, SHARED_KEYS = 64 };
struct worker {
  pthread_t thread;
  struct kru *k;
  unsigned number, charges;
  uint64_t sum[SHARED_KEYS], admitted;
};

static void *charge_all(void *arg) {
  struct worker *w = arg;
  struct chance c = {w->number};
  for (unsigned i = 0; i < w->charges; i++) {
    unsigned key = (unsigned)chance_below(&c, SHARED_KEYS);
    uint32_t price = 1 + (uint32_t)chance_below(&c, 100);
    kru_charge(w->k, 1000, key_of(w->k, key), price, KRU_ANY);
    w->sum[key] += price;
    if (i % 3 == 0) {
      kru_refund(w->k, 1000, key_of(w->k, key), price);
      w->sum[key] -= price;
    }
    w->admitted += kru_charge(w->k, 1000, key_of(w->k, 1000000), 1000, 10000) <= 10000;
    kru_peek(w->k, 1000, key_of(w->k, key));
  }
  return NULL;
}

static void *flood(void *arg) {
  struct worker *w = arg;
  for (unsigned i = 0; i < w->charges; i++) {
    kru_charge(w->k, 1000, key_of(w->k, ((uint64_t)w->number << 32) + i), 10, KRU_ANY);
  }
  return NULL;
}

static void run(struct worker *workers, unsigned count, void *(*work)(void *)) {
  for (unsigned i = 0; i < count; i++) {
    assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
  }
  for (unsigned i = 0; i < count; i++) pthread_join(workers[i].thread, NULL);
}

static void charges_of_all_threads_add_up(void **state) {
  for (unsigned threads = 1; threads <= THREADS_MAX; threads *= 2) {
    struct kru k = made(64, KRU_LEAKING);
    static struct worker workers[THREADS_MAX];
    memset(workers, 0, sizeof(workers));
    for (unsigned i = 0; i < threads; i++) {
      workers[i].k = &k;
      workers[i].number = i;
      workers[i].charges = 20000;
    }
    run(workers, threads, charge_all);
    uint64_t admitted = 0;
    for (unsigned i = 0; i < threads; i++) admitted += workers[i].admitted;
    assert_int_equal(admitted, 10);
    for (unsigned key = 0; key < SHARED_KEYS; key++) {
      uint64_t sum = 0;
      for (unsigned i = 0; i < threads; i++) sum += workers[i].sum[key];
      assert_int_equal(kru_peek(&k, 1000, key_of(&k, key)), sum);
    }
    kru_fini(&k);
  }
}

/* Two threads insert one new key in the same instant, and their clocks differ so that each prefers another line: how
 * often they make two entries is luck, but nothing may ever be missing. */
enum {
  MEETINGS = UNDER_SANITIZER ? 2000 : 20000,
  EARLY_MS = 1000,
  LATE_MS = 5000,
  PRICE_US = 100 * SECOND_US
};
static struct kru met;
static atomic_uint meeting, met_by_other;

static void *meet(void *arg) {
  for (unsigned round = 1; round <= MEETINGS; round++) {
    while (atomic_load(&meeting) != round) sched_yield();
    kru_charge(&met, LATE_MS, key_of(&met, round), PRICE_US, KRU_ANY);
    atomic_store(&met_by_other, round);
  }
  return NULL;
}

/* Early there is more room in the second line, late in the first one, whose entries have fallen to nothing by then. */
static void furnish(struct kru *k) {
  for (unsigned i = 0; i < 4; i++) atomic_store(&k->lines[0].entries[i], 1 * SECOND_US);
  for (unsigned i = 0; i < 2; i++)
    atomic_store(&k->lines[1].entries[i], (uint64_t)1000000 * SECOND_US);
}

static unsigned keyless(const struct kru *k) {
  unsigned count = 0;
  for (unsigned i = 0; i < 2 * KRU_LINE_ENTRIES; i++) {
    uint64_t entry = atomic_load(&k->lines[i / KRU_LINE_ENTRIES].entries[i % KRU_LINE_ENTRIES]);
    count += entry && entry >> 48 == 0;
  }
  return count;
}

static void a_key_inserted_twice_is_joined(void **state) {
  pthread_t other;
  struct chance c = {31};
  unsigned joined = 0;
  atomic_store(&meeting, 0);
  atomic_store(&met_by_other, 0);
  met = made(2, KRU_LEAKING);
  assert_int_equal(pthread_create(&other, NULL, meet, NULL), 0);
  for (unsigned round = 1; round <= MEETINGS; round++) {
    kru_fini(&met);
    met = made(2, KRU_LEAKING);
    furnish(&met);
    atomic_store(&meeting, round);
    for (uint64_t spin = chance_below(&c, 300); spin; spin--) __asm__ volatile("");
    kru_charge(&met, EARLY_MS, key_of(&met, round), PRICE_US, KRU_ANY);
    while (atomic_load(&met_by_other) != round) sched_yield();
    /* Of the early charge, four seconds have drained. */
    assert_true(kru_peek(&met, LATE_MS, key_of(&met, round)) >= 2 * PRICE_US - 4 * SECOND_US);
    joined += keyless(&met) > 6;
  }
  pthread_join(other, NULL);
  kru_fini(&met);
  print_message("kru: of %d meetings %u made two entries, which were joined\n", MEETINGS, joined);
}

static void heavy_keys_outlive_floods_of_all_threads(void **state) {
  struct kru k = made(16, KRU_LEAKING);
  for (unsigned key = 0; key < 32; key++)
    kru_charge(&k, 1000, key_of(&k, key), SECOND_US * 100, KRU_ANY);
  static struct worker workers[THREADS_MAX];
  memset(workers, 0, sizeof(workers));
  for (unsigned i = 0; i < THREADS_MAX; i++) {
    workers[i] = (struct worker){.k = &k, .number = i + 1, .charges = 20000};
  }
  run(workers, THREADS_MAX, flood);
  for (unsigned key = 0; key < 32; key++) {
    /* A few keys of the flood have a heavy one's entry, at 10 each. */
    uint64_t load = kru_peek(&k, 1000, key_of(&k, key));
    assert_in_range(load, SECOND_US * 100, SECOND_US * 100 + 1000);
  }
  kru_fini(&k);
}

static void cost_is_printed(void **state) {
  static const uint64_t COUNTS[] = {1000, 1000000, 10000000};
  for (unsigned i = 0; i < (UNDER_SANITIZER ? 2u : 3u); i++) {
    struct kru k = made(kru_lines_for(COUNTS[i]), KRU_LEAKING);
    struct chance c = {1};
    for (uint64_t key = 0; key < COUNTS[i]; key++) {
      kru_charge(&k, 1000, key_of(&k, key), 1000 * SECOND_US, KRU_ANY);
    }
    uint64_t rounds = 2000000 / (UNDER_SANITIZER ? 20 : 1), all = 0;
    double from = now_ns();
    for (uint64_t n = 0; n < rounds; n++) {
      all += kru_charge(&k, 1000, key_of(&k, chance_below(&c, COUNTS[i])), 1000, KRU_ANY);
    }
    double ns = (now_ns() - from) / (double)rounds;
    struct kru_fill fill = kru_fill(&k, 1000, 4096);
    assert_true(all > 0 && fill.live > 0.2);
    print_message("kru: %8.0f keys: %4.0f ns a charge, key digest included; %.0f%% live, %.1f "
                  "bytes a key, floor "
                  "in %.4f%% of lines\n",
                  (double)COUNTS[i], ns, 100 * fill.live, 64.0 * (k.mask + 1) / (double)COUNTS[i],
                  100 * fill.floored);
    kru_fini(&k);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(leaking_loads_are_a_leaky_bucket),
      cmocka_unit_test(halving_loads_halve),
      cmocka_unit_test(past_most_nothing_is_charged),
      cmocka_unit_test(refunds_do_not_go_below_nothing),
      cmocka_unit_test(strange_arguments_are_refused_or_held),
      cmocka_unit_test(lines_suffice_for_the_keys),
      cmocka_unit_test(in_a_table_with_room_answers_are_exact),
      cmocka_unit_test(never_below_the_truth_and_above_by_the_floor),
      cmocka_unit_test(a_heavy_key_outlives_a_flood_of_new_ones),
      cmocka_unit_test(charges_of_all_threads_add_up),
      cmocka_unit_test(a_key_inserted_twice_is_joined),
      cmocka_unit_test(heavy_keys_outlive_floods_of_all_threads),
      cmocka_unit_test(cost_is_printed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
