<?php
/**
 * WordPress as every replica of this stack runs it: the same keys, the same database, no state of its own.
 * Read from /opt/galera-swarm/site.json and the secrets beside it; nothing here is written by WordPress.
 */

(static function (): void {
    $site = json_decode((string) file_get_contents('/opt/galera-swarm/site.json'), true, 8, JSON_THROW_ON_ERROR);
    $secret = static function (string $name): string {
        $text = @file_get_contents("/run/secrets/wordpress_$name");
        if ($text === false || trim($text) === '') {
            error_log("galera-swarm: the secret wordpress_$name is missing or empty");
            http_response_code(500);
            exit(1);
        }
        return trim($text);
    };

    define('DB_NAME', $site['database']);
    define('DB_USER', $site['user']);
    define('DB_PASSWORD', $secret('database_password'));
    define('DB_HOST', $site['host']);
    define('DB_CHARSET', 'utf8mb4');
    define('DB_COLLATE', '');

    // Eight keys from one secret, so that a cookie from one replica is good at every other.
    $salt = $secret('salt');
    foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $use) {
        define("{$use}_KEY", hash_hmac('sha512', "{$use}_KEY", $salt));
        define("{$use}_SALT", hash_hmac('sha512', "{$use}_SALT", $salt));
    }

    // The address is the one that was asked for, if it is one of ours: whoever sends another name gets the first.
    $asked = $_SERVER['HTTP_HOST'] ?? '';
    $base = $site['url'] ?: 'http://' . (in_array($asked, $site['addresses'], true) ? $asked : $site['addresses'][0]);
    define('WP_HOME', $base);
    define('WP_SITEURL', $base);
    if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https' && str_starts_with($base, 'https://')) {
        $_SERVER['HTTPS'] = 'on';
    }

    // For the plugin that uploads-on-s3.php starts.
    if (isset($site['s3'])) {
        define('S3_UPLOADS_BUCKET', $site['s3']['bucket']);
        define('S3_UPLOADS_REGION', $site['s3']['region']);
        define('S3_UPLOADS_KEY', $site['s3']['accessKey']);
        define('S3_UPLOADS_SECRET', $secret('s3_secret_key'));
        define('S3_UPLOADS_BUCKET_URL', $site['s3']['publicUrl']);
        define('S3_UPLOADS_OBJECT_ACL', $site['s3']['acl']);
    }

    // A plugin or update put into one container would be missing in the others, and gone at the next start.
    define('DISALLOW_FILE_MODS', true);
    define('AUTOMATIC_UPDATER_DISABLED', true);
    define('WP_HTTP_BLOCK_EXTERNAL', !$site['reachesOut']);
    define('WP_DEBUG', false);
})();

$table_prefix = 'wp_';

if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
