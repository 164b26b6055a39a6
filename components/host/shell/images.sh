# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# Images pulled before they are asked for.

fetch_image() {
  local attempt
  if docker image inspect "$1" >/dev/null 2>&1; then return 0; fi
  for attempt in 1 2 3 4 5; do
    if logged docker pull -q "$1"; then
      say "pulled $1"
      return 0
    fi
    sleep $((attempt * 2))
  done
  return 1
}

fetch_images() {
  local image job jobs=() missing=()
  for image in ${images[@]+"${images[@]}"}; do
    fetch_image "$image" &
    jobs+=("$!")
  done
  for job in "${!jobs[@]}"; do wait "${jobs[$job]}" || missing+=("${images[$job]}"); done
  [ ${#missing[@]} -eq 0 ] ||
    fail_with_log "cannot pull ${missing[*]} after five attempts; check the image's name, host.registryMirrors and the server's way out"
}
