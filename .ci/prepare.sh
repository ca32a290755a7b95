# Sourced by `run`, `test` and `.ci/run`: finds or installs what cargo cannot.
# shellcheck shell=bash

export SQLX_OFFLINE="${SQLX_OFFLINE:-true}"

# Installs Debian packages when root on a machine with apt; otherwise says the one line to type and fails.
install() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing $*"
        DEBIAN_FRONTEND=noninteractive apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    else
        echo "Please type: sudo apt-get install $*" >&2
        return 1
    fi
}

has_postgres() {
    [ -n "${DATABASE_URL:-}" ] || [ -n "${TRACECAST_PG_BIN:-}" ] || command -v initdb >/dev/null ||
        compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ||
        compgen -G '/opt/homebrew/opt/postgresql*/bin/initdb' >/dev/null
}

need_compiler() {
    command -v cc >/dev/null || install build-essential
    command -v cargo >/dev/null || { echo "Please install Rust first: https://rustup.rs" >&2; return 1; }
}

need_postgres() {
    has_postgres && return
    # The program runs an instance of its own: Debian need not create and start one.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        mkdir -p /etc/postgresql-common
        [ -e /etc/postgresql-common/createcluster.conf ] ||
            echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    fi
    install postgresql
}

has_browser() {
    command -v chromium >/dev/null && command -v chromedriver >/dev/null
}

need_browser() {
    has_browser && return
    if install chromium chromium-driver; then return; fi
    echo "Browser tests are skipped: there is no chromium with chromedriver." >&2
    [ "${REQUIRE_BROWSER:-}" != 1 ]
}
