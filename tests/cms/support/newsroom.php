<?php
// SPDX-License-Identifier: Apache-2.0
// Sets the site up as its administrator would in the browser. Usage: php newsroom.php SITE_FOLDER USERS_JSON
define('WP_INSTALLING', true);
[, $folder, $users] = $argv;
require "$folder/wp-load.php";
require ABSPATH . 'wp-admin/includes/upgrade.php';

$people = json_decode($users, true, 512, JSON_THROW_ON_ERROR);
$admin = array_shift($people);
wp_install('Қорған хабары', $admin['name'], "{$admin['name']}@localhost", true, '', $admin['password']);
foreach ($people as $person) {
    $id = wp_insert_user([
        'user_login' => $person['name'], 'user_pass' => $person['password'],
        'user_email' => "{$person['name']}@localhost", 'role' => $person['role'],
    ]);
    if (is_wp_error($id)) {
        fwrite(STDERR, $id->get_error_message() . "\n");
        exit(1);
    }
}

// The block editor's welcome shows pictures of a foreign host: everybody has seen it.
$seen = ['core/edit-post' => ['welcomeGuide' => false], '_modified' => gmdate('c')];
foreach (get_users() as $user) {
    update_user_meta($user->ID, $wpdb->get_blog_prefix() . 'persisted_preferences', $seen);
}

update_option('show_avatars', 0);                  // pictures of a foreign host
update_option('comment_previously_approved', 0);   // a visitor's comment shows at once
update_option('default_pingback_flag', 0);
update_option('fresh_site', 0);
$wp_rewrite->set_permalink_structure('/%postname%/');
flush_rewrite_rules();
