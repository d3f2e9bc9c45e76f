<?php
// SPDX-License-Identifier: Apache-2.0
// A must-use plugin: WordPress asks no foreign host for updates, and so has nothing to warn of when none answers.
remove_action('init', 'wp_schedule_update_checks');
foreach (['core', 'plugins', 'themes'] as $part) {
    remove_action('admin_init', "_maybe_update_$part");
}
