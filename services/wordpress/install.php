<?php
/**
 * The first installation, once in the life of a site: run inside a replica by the program, told what to do on stdin.
 *
 * Repeating it changes nothing. One that was cut off is finished by the next run: what WordPress itself does in one go is
 * tables and options first, the administrator last, so a site without that user is one that was not finished.
 */

define('WP_INSTALLING', true);
$order = json_decode((string) stream_get_contents(STDIN), true, 8, JSON_THROW_ON_ERROR);

/** The program tells the user; the container has no way to send mail. */
function wp_new_blog_notification(string $title, string $url, int $user, string $password): void
{
}

require '/var/www/html/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

// Else WordPress tries its own address out and writes what it finds into this one container.
add_filter('pre_option_permalink_structure', static fn () => '/?p=%post_id%');
add_filter('pre_wp_mail', '__return_true');

$did = [];
if (!is_blog_installed()) {
    wp_install($order['title'], $order['user'], $order['email'], true, '', wp_slash($order['password']));
    $did[] = 'installed';
} elseif (get_option('galera_swarm_installed') === false && !get_user_by('login', $order['user'])) {
    $id = wp_create_user($order['user'], $order['password'], $order['email']);
    if (is_wp_error($id)) {
        fwrite(STDERR, $id->get_error_message() . "\n");
        exit(1);
    }
    (new WP_User($id))->set_role('administrator');
    $did[] = 'finished';
}
if (get_option('galera_swarm_installed') === false) {
    add_option('galera_swarm_installed', gmdate('c'));
}
echo json_encode(['did' => $did, 'version' => $GLOBALS['wp_version']]), "\n";
