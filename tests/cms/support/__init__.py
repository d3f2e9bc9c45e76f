# SPDX-License-Identifier: Apache-2.0
"""What the tests stand on. Everything lives in one temporary folder and ends with the test session."""
