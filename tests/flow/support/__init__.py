# SPDX-License-Identifier: Apache-2.0
"""What the flow tests stand on: the program under test, a recording origin, raw HTTP/1 and HTTP/2 clients."""
