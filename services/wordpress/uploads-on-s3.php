<?php
/**
 * Plugin Name: Uploads of galera-swarm
 * Description: The files that users upload lie in an S3 bucket, by the plugin "S3 Uploads" that the image brings.
 *
 * Whatever keeps that plugin from its work, no file may end in this container: nobody else would see it, and it would be
 * lost with it.
 */

(static function (): void {
    $site = json_decode((string) file_get_contents('/opt/galera-swarm/site.json'), true, 8, JSON_THROW_ON_ERROR);

    add_filter('s3_uploads_s3_client_params', static function (array $how) use ($site): array {
        if ($site['s3']['endpoint'] !== '') {
            $how['endpoint'] = $site['s3']['endpoint'];
            $how['use_path_style_endpoint'] = true;
        }
        return $how;
    });

    add_filter('upload_dir', static function (array $where): array {
        if (!str_starts_with($where['path'], 's3://')) {
            $where['error'] = 'Uploads lie in an S3 bucket, and the plugin S3 Uploads of this image does not work.';
        }
        return $where;
    }, 1000);

    foreach (['vendor/autoload.php', 's3-uploads.php'] as $file) {
        $path = WP_CONTENT_DIR . "/plugins/s3-uploads/$file";
        if (!is_readable($path)) {
            error_log("galera-swarm: $path is not in the image, so nothing can be uploaded");
            return;
        }
        require_once $path;
    }
})();
