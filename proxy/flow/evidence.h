// SPDX-License-Identifier: Apache-2.0
/** What an exchange says to the rules: fills in the facts that rules/engine/fields.h names. Pure but for the exchange's
 *  arena and the store's lists. */
#ifndef PROXY_FLOW_EVIDENCE_H
#define PROXY_FLOW_EVIDENCE_H

#include "proxy/flow/judge.h"

/** Connection and head. */
void evidence_of_head(struct judgement *j, struct exchange *x);

/** The body, as far as it can be read: a URL-encoded form that is `whole`. Of JSON and XML nothing is known, nor that
 *  it cannot be read. */
void evidence_of_body(struct judgement *j, struct exchange *x, struct span body, bool whole);

/** Whether name or password stand in the body, not in the head alone. */
bool evidence_is_in_body(const struct login *login);

/** login.*, as `login` says where name and password stand. The password stays only as a digest under the key made at
 *  boot; the name is trimmed and in small letters, as CMSs look it up, and under the install's key in x->ruling. */
void evidence_of_login(struct judgement *j, struct exchange *x, const struct login *login);

void evidence_of_answer(struct judgement *j, const struct message *m);

#endif
