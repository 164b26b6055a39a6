#!/bin/sh
# Puts WordPress into an empty web root, then runs the command, as the upstream image does.
set -eu

case ${1:-} in
apache2*)
    if [ ! -e index.php ] && [ ! -e wp-includes/version.php ]; then
        # Files that are mounted into the web root stay as they are.
        (cd /usr/src/wordpress && tar -cf - .) | tar --skip-old-files -xf -
    fi
    ;;
esac
exec "$@"
