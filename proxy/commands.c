// SPDX-License-Identifier: Apache-2.0
#include "proxy/commands.h"

/* clang-format off */
static const struct cli_command COMMAND_ROWS[] = {
    {"run",     "",       0, 0, command_run,     "the proxy, until SIGTERM; SIGHUP reloads"},
    {"demo",    "",       0, 0, command_demo,    "the proxy before a demonstration newsroom, with nothing prepared"},
    {"check",   "",       0, 0, command_check,   "the configuration, checked without starting, and what it would do"},
    {"ban",     "PREFIX", 1, 1, command_ban,     "refuse an address or a prefix, in force within a second"},
    {"unban",   "PREFIX", 1, 1, command_unban,   "take a ban back"},
    {"allow",   "PREFIX", 1, 1, command_allow,   "never refuse an address or a prefix: wins over every ban"},
    {"bans",    "",       0, 0, command_bans,    "what is banned and what is allowed, until when and why"},
    {"log",     "",       0, 0, command_log,     "the journal: what was decided, about whom and why"},
    {"status",  "",       0, 0, command_status,  "whether a proxy runs (else exit code 1), its traffic, and what its store holds"},
    {"certs",   "dev | list", 1, 1, command_certs, "make a development CA and certificate; list what is loaded"},
    {"rules check",   "[FILE...]", 0, 56, command_rules_check,   "rule files (else the configuration's) checked, behind the packs"},
    {"rules fmt",     "[FILE...]", 0, 56, command_rules_fmt,     "rule files put into their canonical form; '-' is a filter"},
    {"rules test",    "[FILE...]", 0, 56, command_rules_test,    "the examples that stand beside the rules, run"},
    {"rules explain", "[NAME]",    0, 1,  command_rules_explain, "the reference of the language, or one of its words and fields"},
    {"rules apply",    "[FILE...]",       0, 56, command_rules_apply,    "rule files (else the configuration's) checked, kept as a new revision, and put in force"},
    {"rules diff",     "[A B | FILE...]", 0, 56, command_rules_diff,     "what differs between two revisions, or between the active one and files"},
    {"rules history",  "",                0, 0,  command_rules_history,  "every revision, newest first: when, by whom, why, and which is active"},
    {"rules rollback", "[REVISION]",      0, 1,  command_rules_rollback, "an earlier revision (else the one before) put in force again"},
    {"simulate", "[FILE...]", 0, 56, command_simulate, "rules alone on a trace, with the trace's clock, for a WordPress site"},
    {"version", "",       0, 0, command_version, "the version of this program and of the libraries that it runs with"},
};

static const struct cli_option OPTION_ROWS[] = {
    {"-c",         NULL,        "FILE",     "the configuration; else qorgan.yaml here, else /etc/qorgan/qorgan.yaml"},
    {"--json",     NULL,        NULL,       "answer in JSON"},
    {"--defaults", "check",     NULL,       "print every setting with its default and what it does, and check nothing"},
    {"--port",     "demo",      "N",        "its port, else 8443; the next free one if it is taken; 0: any free one"},
    {"--store",    "demo",      "FOLDER",   "where its files go and stay; else a temporary folder"},
    {"--seconds",  "demo",      "N",        "ends by itself after that time"},
    {"--for",      "ban,allow", "DURATION", "how long: 30m, 1h, 7d; without it, for good"},
    {"--why",      "ban,allow,rules apply", "TEXT", "the reason, shown in lists, logs and history"},
    {"--follow",   "log",       NULL,       "go on with what comes, until stopped"},
    {"--verdict",  "log",       "VERDICT",  "only this verdict: allow, throttle, challenge, deny..."},
    {"--client",   "log",       "PREFIX",   "only clients of this address or prefix"},
    {"--user",     "log",       "DIGEST",   "only this user, by the 32 hex digits that the log shows"},
    {"--since",    "log",       "TIME",     "from then on: 2h (ago), 2026-11-22, 2026-11-22T03:28:51Z"},
    {"--until",    "log",       "TIME",     "before then"},
    {"--verify",   "log",       NULL,       "check the hash chain from end to end instead"},
    {"--out",      "certs",     "FOLDER",   "where 'dev' writes"},
    {"--name",     "certs",     "HOST",     "a name or an address that 'dev' certifies; may be repeated"},
    {"--rsa",      "certs",     NULL,       "'dev' makes RSA keys instead of P-256"},
    {"--force",    "ban",       NULL,       "ban even a trusted address, or a very wide prefix"},
    {"--check",    "rules fmt", NULL,       "only name the files that are not in their canonical form, exit 1"},
    {"--rules",    "simulate",  "FILE",     "a rule file or a folder of them; may be repeated; without it, with -c, the rules in force"},
    {"--trace",    "simulate",  "FILE",     "what happens: one JSON object a line, in order of time; '-' is standard input"},
    {"--verdicts", "simulate",  "FILE",     "where one verdict a line goes; '-' is standard output"},
    {"--remove",   "allow",     NULL,       "take an allowance back"},
};
/* clang-format on */

const struct cli COMMANDS = {
    .name = "qorgan",
    .about = "account-takeover defence proxy for newsrooms",
    .commands = COMMAND_ROWS,
    .command_count = sizeof(COMMAND_ROWS) / sizeof(*COMMAND_ROWS),
    .options = OPTION_ROWS,
    .option_count = sizeof(OPTION_ROWS) / sizeof(*OPTION_ROWS),
};
