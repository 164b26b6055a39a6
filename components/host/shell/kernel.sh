# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# What the kernel must offer, proved before anything on the host is touched.

load_module() { modprobe -q "$1" 2>/dev/null || true; }

has_filesystem() { grep -qw "$1" /proc/filesystems || { load_module "$1"; grep -qw "$1" /proc/filesystems; }; }

# In a network namespace of its own, so that nothing of the host is touched. No `ip` yet: not decided, asked again by the engine.
in_empty_network() { ! command -v ip >/dev/null || unshare -n "$@" >/dev/null 2>&1; }

has_feature() {
  case "$1" in
    btrfs | ext4 | xfs) has_filesystem "$1" ;;
    device-mapper) load_module dm_mod; grep -qw device-mapper /proc/misc ;;
    vxlan) load_module vxlan; in_empty_network ip link add gs-probe type vxlan id 4242 dstport 4789 ;;
    ipvs) load_module ip_vs; [ -e /proc/net/ip_vs ] ;;
    esp)
      load_module esp4
      in_empty_network ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x4242 mode transport \
        aead 'rfc4106(gcm(aes))' 0x0102030405060708090a0b0c0d0e0f1011121314 64
      ;;
  esac
}

check_kernel() {
  local i
  for i in "${!features[@]}"; do
    has_feature "${features[$i]}" || fail "the kernel ($(uname -r)) has no ${features[$i]}; ${feature_remedies[$i]}"
  done
}
