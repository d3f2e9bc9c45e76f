# SPDX-License-Identifier: Apache-2.0
"""Tables of cases: what is sent, and what must come of it."""
