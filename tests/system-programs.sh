#!/bin/sh
# Programs that some tests talk to: Go with x/mod (another C2SP reader), age, ssh-keygen, Chromium (pictures of the page),
# PostgreSQL (the store of a server; tests start one of their own in a temporary folder).
# Installed here on Debian as root; where that is not possible the tests that need them are skipped and named.
set -u
missing=""
command -v go >/dev/null 2>&1 && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ] || missing="$missing golang-go golang-golang-x-mod-dev"
command -v age >/dev/null 2>&1 || missing="$missing age"
command -v ssh-keygen >/dev/null 2>&1 || missing="$missing openssh-client"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing for the tests:$missing"
  # shellcheck disable=SC2086
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >/dev/null 2>&1 \
    || echo "could not install:$missing (the tests that need them will be skipped and named)"
else
  echo "not present:$missing (the tests that need them will be skipped and named)"
fi
exit 0
