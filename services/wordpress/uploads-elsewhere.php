<?php
/**
 * Plugin Name: Uploads of galera-swarm
 * Description: The files that users upload lie on one server. This replica is on another one, so it takes none.
 *
 * The load balancer sends whatever may upload to the replica with the files. Only while that one is away does a request
 * come here, and a file kept here would be seen by nobody else and be lost with this container.
 */

add_filter('upload_dir', static function (array $where): array {
    $site = json_decode((string) file_get_contents('/opt/galera-swarm/site.json'), true);
    $where['error'] = "Uploads lie on the server {$site['uploads']}, which does not answer; try again once it is back.";
    return $where;
});

// With that error WordPress no longer says where a file is, but under which address it was once uploaded.
add_filter('wp_get_attachment_url', static function (string $url, int $post): string {
    $file = get_post_meta($post, '_wp_attached_file', true);
    return $file && is_string($file) ? wp_upload_dir(null, false)['baseurl'] . '/' . ltrim($file, '/') : $url;
}, 10, 2);
