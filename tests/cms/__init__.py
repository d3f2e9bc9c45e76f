# SPDX-License-Identifier: Apache-2.0
"""Qorgan in front of a real newsroom: the CMS, its database and its web server come from Debian's packages."""
