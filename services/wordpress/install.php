<?php
/**
 * The first installation, once in the life of a site: run inside a replica by the program, told what to do on stdin.
 *
 * Repeating it changes nothing. WordPress makes its tables first, which no transaction can hold; whatever it writes into them is
 * one transaction here, with the mark that the site is installed. So an installation that was cut off leaves empty tables at
 * most, and the next run begins it anew. A database that has content and no mark is somebody's site, from a backup for one: it
 * is never installed over.
 */

const MARK = 'galera_swarm_installed';

define('WP_INSTALLING', true);
$order = json_decode((string) stream_get_contents(STDIN), true, 8, JSON_THROW_ON_ERROR);

/** The program tells the user; the container has no way to send mail. */
function wp_new_blog_notification(string $title, string $url, int $user, string $password): void
{
}

function fail(string $reason): never
{
    fwrite(STDERR, "$reason\n");
    exit(1);
}

/** In the place of WordPress's page of an error, for which it would ask the database again that it has lost. */
function tell(mixed $error): never
{
    fail(trim(strip_tags(is_wp_error($error) ? $error->get_error_message() : (string) $error)));
}

/** The number that a query asks for. One that fails says nothing about what is there. */
function number(string $query): int
{
    global $wpdb;
    $answer = $wpdb->get_var($query);
    if ($answer === null) {
        fail("the site's database does not tell what it holds: $wpdb->last_error");
    }
    return (int) $answer;
}

/** How many rows of a table there are; none where there is no such table. */
function rows(string $table, string $where = 'TRUE'): int
{
    $same = "table_schema = DATABASE() AND table_name = '$table'";
    return number("SELECT COUNT(*) FROM information_schema.tables WHERE $same")
        ? number("SELECT COUNT(*) FROM $table WHERE $where")
        : 0;
}

/** Rows that somebody made: more than the administrator and the one category, with which an installation begins. */
function content(string $administrator): int
{
    global $wpdb;
    return rows($wpdb->posts) + rows($wpdb->comments) + rows($wpdb->links) + rows($wpdb->terms, 'term_id > 1')
        + rows($wpdb->users, $wpdb->prepare('user_login <> %s', $administrator));
}

function mark(): bool
{
    global $wpdb;
    $row = ['option_name' => MARK, 'option_value' => gmdate('c'), 'autoload' => 'no'];
    return $wpdb->insert($wpdb->options, $row) === 1;
}

/** The mark comes first: where it is missing at the end, the server has taken the transaction back in between. */
function begin(): void
{
    global $wpdb;
    $wpdb->reconnect_retries = 0; // a new connection would go on outside of the transaction
    if ($wpdb->query('SET autocommit = 0') === false || !mark()) {
        fail("the installation does not begin: $wpdb->last_error");
    }
    // An earlier version of this was not one transaction, and may have left the category that is inserted again.
    foreach ([$wpdb->terms, $wpdb->term_taxonomy] as $table) {
        $wpdb->query("DELETE FROM $table");
    }
}

function install(array $order, string $administrator): void
{
    global $wpdb;
    add_action('populate_options', 'begin'); // the tables are there by then, and nothing is in them
    wp_install($order['title'], $order['user'], $order['email'], true, '', wp_slash($order['password']));
    $user = get_user_by('login', $administrator);
    if (!$user || !in_array('administrator', $user->roles, true) || !rows($wpdb->options, "option_name = '" . MARK . "'")) {
        fail("the installation did not come to its end, and is taken back: $wpdb->last_error");
    }
    if ($wpdb->query('COMMIT') === false) {
        fail("the cluster did not take the installation: $wpdb->last_error");
    }
}

/** Where some of its tables are there and no site, WordPress does not load at all. So while it does, it is shown none. */
function show_no_table(string $query): string
{
    return str_starts_with($query, 'DESCRIBE ') ? 'DO 0' : $query;
}

$wp_filter['query'][10][] = ['function' => 'show_no_table', 'accepted_args' => 1];
require '/var/www/html/wp-load.php';
remove_filter('query', 'show_no_table');
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

// Else WordPress tries its own address out and writes what it finds into this one container.
add_filter('pre_option_permalink_structure', static fn () => '/?p=%post_id%');
add_filter('pre_wp_mail', '__return_true');
add_filter('wp_die_handler', static fn () => 'tell');

$did = [];
$administrator = sanitize_user($order['user'], true);
if (rows($wpdb->options, "option_name = '" . MARK . "'")) {
    // It is installed.
} elseif (!content($administrator)) {
    install($order, $administrator);
    $did[] = 'installed';
} elseif (rows($wpdb->options, "option_name = 'siteurl' AND option_value <> ''")) {
    mark() || fail("the site cannot be marked as installed: $wpdb->last_error");
    $did[] = 'found';
} else {
    fail("the database {$wpdb->dbname} has content, but lacks the site's options (siteurl): bring its backup back whole, or empty it");
}
echo json_encode(['did' => $did, 'version' => $GLOBALS['wp_version']]), "\n";
