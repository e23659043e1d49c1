# Which Debian 12 packages tidegate needs, and how a missing one gets installed. Sourced by POSIX
# shells (deploy/run, .ci/run, the Dockerfile); no other file names a package to install.
# shellcheck shell=sh disable=SC2034

build_packages="g++ cmake ninja-build libfmt-dev libyaml-cpp-dev prometheus-cpp-dev
  nlohmann-json3-dev libcli11-dev"

# curl is for whoever follows the hints that deploy/run prints.
run_packages="$build_packages curl"

test_packages="$build_packages libboost-test-dev libssl-dev python3 python3-pytest curl openssl
  strace wrk nginx-light libnginx-mod-stream haproxy redis-server redis-tools prometheus nodejs
  node-ws"

lint_packages="git clang clang-format clang-tidy libclang-rt-14-dev libbenchmark-dev libuv1-dev
  libevent-dev"

# Debian's own tools first, whatever else a login shell puts before them.
PATH="/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
export PATH

say() {
  printf '== %s\n' "$*"
}

complain() {
  printf 'tidegate: %s\n' "$*" >&2
}

# Prints those of its arguments that are not installed.
missing_packages() {
  for package in "$@"; do
    case " $(dpkg-query -W -f='${db:Status-Status} ' "$package" 2>/dev/null)" in
      *" installed "*) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# A package that brings a daemon would start it, and again at every boot. Nothing that was here
# before is stopped or disabled.
daemons="nginx haproxy redis-server prometheus"
policy=/usr/sbin/policy-rc.d
policy_before=/usr/sbin/policy-rc.d.before-tidegate
policy_mark="# put here by tidegate while it installs packages"

hold_daemons() {
  # A mark that is there already was left by a run that was killed.
  if [ -e "$policy" ] && ! grep -qF "$policy_mark" "$policy"; then
    as_root mv "$policy" "$policy_before" || return 1
  fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" | as_root tee "$policy" >/dev/null &&
    as_root chmod 755 "$policy"
}

release_daemons() {
  as_root rm -f "$policy"
  if [ -e "$policy_before" ]; then as_root mv "$policy_before" "$policy"; fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Use-Pty=0 "$@"
}

# Package lists may be absent (a container image) or stale (a name that is no longer served).
apt_install() {
  apt_get install --no-install-recommends "$@" && return 0
  apt_get update && apt_get install --no-install-recommends "$@"
}

install_with_daemons_held() (
  strangers=
  for daemon in $daemons; do
    [ -e "/lib/systemd/system/$daemon.service" ] || strangers="$strangers $daemon"
  done
  trap release_daemons EXIT
  trap 'exit 1' HUP INT TERM
  hold_daemons || exit 1
  apt_install "$@" || exit 1
  command -v systemctl >/dev/null || exit 0
  for daemon in $strangers; do
    [ -e "/lib/systemd/system/$daemon.service" ] || continue
    as_root systemctl disable --quiet "$daemon" || true
  done
)

# Installs those of the named packages that are missing; apt's words go to the file $1.
install_packages() {
  install_log=$1
  shift
  missing=$(missing_packages "$@")
  if [ -z "$missing" ]; then
    say "all packages are installed"
    return 0
  fi
  if ! command -v apt-get >/dev/null; then
    complain "this needs Debian 12's packages and there is no apt-get; missing: $missing"
    return 1
  fi
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    complain "packages are missing; run this as root or install sudo, or install them: $missing"
    return 1
  fi
  say "installing $missing(apt's output: $install_log)"
  # The words are split on purpose: no package name holds a space.
  # shellcheck disable=SC2086
  install_with_daemons_held $missing >"$install_log" 2>&1 && return 0
  tail -n 20 "$install_log" >&2
  complain "apt-get could not install what is missing: $missing"
  return 1
}
