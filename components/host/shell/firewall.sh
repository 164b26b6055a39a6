# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# The rules of the firewall program; its values stand above it.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

complain() {
  echo "galera-swarm: firewall: $*" >&2
  exit 1
}

# The interface that carries address $2. Early in a boot it may not have it yet: then the name of the last time, kept under $1.
interface_of() {
  [ -n "$2" ] || return 0
  name="$(ip -o addr show to "$2" 2>/dev/null | awk '{ print $2; exit }')"
  if [ -n "$name" ]; then
    mkdir -p "$state"
    echo "$name" >"$state/interface.$1"
  else
    name="$(cat "$state/interface.$1" 2>/dev/null || true)"
  fi
  [ -n "$name" ] || complain "no interface carries the $1 address $2; look at 'ip addr' and run again"
  echo "$name"
}

# Wherever sshd listens it stays reachable, whatever the plan says.
open_ssh_ports() {
  { for port in $ssh_ports; do echo "$port"; done
    sshd -T 2>/dev/null | awk '$1 == "port" { print $2 }' || true; } | sort -un
}

# $1 chain, $2 interface, then the address family's own lines on stdin.
let_pass() { while read -r rule; do echo "-A $1 -i $2 $rule -j RETURN"; done; }

input_rules() {
  cat <<END
-m conntrack --ctstate RELATED,ESTABLISHED
$1
END
  open_ssh_ports | while read -r port; do echo "-p tcp -m tcp --dport $port"; done
}

# Old jumps go and the new one comes first, within the transaction.
jump_first() {
  "$1" -w 10 -S "$2" | grep -xF -e "-A $2 -j $3" | sed 's/^-A /-D /' || true
  [ "$4" = no ] || echo "-I $2 1 -j $3"
}

rules_for() {
  command="$1" stateless="$2" on=yes
  [ -n "$public$private" ] || on=no
  echo '*filter'
  echo ':GALERA-SWARM-INPUT - [0:0]'
  echo ':GALERA-SWARM-DOCKER - [0:0]'
  "$command" -w 10 -S DOCKER-USER >/dev/null 2>&1 || echo ':DOCKER-USER - [0:0]'
  if [ -n "$public" ]; then
    { input_rules "$stateless"
      for port in $public_ports; do echo "-p tcp -m tcp --dport $port"; done; } | let_pass GALERA-SWARM-INPUT "$public"
    echo "-A GALERA-SWARM-INPUT -i $public -j DROP"
    { echo '-m conntrack --ctstate RELATED,ESTABLISHED'
      for port in $public_ports; do echo "-p tcp -m conntrack --ctorigdstport $port"; done; } | let_pass GALERA-SWARM-DOCKER "$public"
    echo "-A GALERA-SWARM-DOCKER -i $public -j DROP"
  fi
  if [ -n "$private" ] && [ "$command" = iptables ]; then
    { input_rules "$stateless"
      for subnet in $trusted_subnets; do echo "-s $subnet"; done; } | let_pass GALERA-SWARM-INPUT "$private"
    echo "-A GALERA-SWARM-INPUT -i $private -j DROP"
    { echo '-m conntrack --ctstate RELATED,ESTABLISHED'
      for subnet in $trusted_subnets; do echo "-s $subnet"; done; } | let_pass GALERA-SWARM-DOCKER "$private"
    echo "-A GALERA-SWARM-DOCKER -i $private -j DROP"
  fi
  jump_first "$command" INPUT GALERA-SWARM-INPUT "$on"
  if "$command" -w 10 -S DOCKER-USER >/dev/null 2>&1; then
    jump_first "$command" DOCKER-USER GALERA-SWARM-DOCKER "$on"
  elif [ "$on" = yes ]; then
    echo '-I DOCKER-USER 1 -j GALERA-SWARM-DOCKER'
  fi
  "$command" -w 10 -C FORWARD -j DOCKER-USER 2>/dev/null || echo '-I FORWARD 1 -j DOCKER-USER'
  echo COMMIT
}

apply() {
  rules="$(rules_for "$1" "$2")"
  echo "$rules" | "$1-restore" -w 10 -n || complain "$1 refuses the rules; check that the kernel has conntrack"
}

# Nothing comes in over IPv6 where the kernel has none, or where the public interface takes no part in it.
ipv6_is_off() { [ ! -e /proc/net/if_inet6 ] || [ "$(cat "/proc/sys/net/ipv6/conf/$public/disable_ipv6" 2>/dev/null)" = 1 ]; }

# At a boot an interface may come late, and others may hold the lock.
if [ "${1:-start}" = boot ]; then
  for pause in 1 2 4 8 15 30; do
    if sh "$0"; then exit 0; fi
    sleep "$pause"
  done
  exec sh "$0"
fi

[ "${1:-start}" != remove ] || public_address='' private_address=''
public="$(interface_of public "$public_address")"
private="$(interface_of private "$private_address")"

apply iptables "-p icmp
-p udp -m udp --sport 67 --dport 68"
if ip6tables -w 10 -S INPUT >/dev/null 2>&1; then
  apply ip6tables "-p ipv6-icmp
-p udp -m udp --sport 547 --dport 546"
elif [ -n "$public" ] && ! ipv6_is_off; then
  complain "ip6tables fails, and $public would stay open over IPv6; look at 'ip6tables -S', or switch IPv6 off there"
fi
