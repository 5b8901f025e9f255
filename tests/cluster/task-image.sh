#!/usr/bin/env bash
# Makes pause.tar and flytekit.tar (docker archives) in DIR, from Debian's and PyPI's packages alone.
# Needs root, gcc, a python3 of 3.11 with pip >= 23, and Debian's debootstrap. Some 3 minutes, 380 MB.
set -euo pipefail
out=${1:?usage: task-image.sh DIR}; version=${FLYTEKIT_VERSION:-1.16.31}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"; out=$(cd "$out" && pwd); work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
archive() { # NAME FOLDER OUT CMD
  IMAGE_CONFIG='{"WorkingDir": "/root"}' python3 "$here/../../deploy/image/archive.py" "$@"
}
mkdir "$work/pause"
cat > "$work/pause.c" <<'C'
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void leave(int s) { (void)s; _exit(0); }
static void reap(int s) { (void)s; while (waitpid(-1, 0, WNOHANG) > 0) {} }
int main(void) { signal(SIGINT, leave); signal(SIGTERM, leave); signal(SIGCHLD, reap); for (;;) pause(); }
C
gcc -static -O2 -o "$work/pause/pause" "$work/pause.c"
archive registry.local/pause:1 "$work/pause" "$out/pause.tar" /pause

# The mirror of this machine, in the new form of apt's lists or the old one.
mirror=$({ cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list || true; } 2> /dev/null |
  awk '/^URIs:/ {print $2; exit} /^deb / {for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) {print $i; exit}}')
debootstrap --variant=minbase --include=python3,ca-certificates bookworm "$work/image" "$mirror" > "$out/debootstrap.log"
# The wheels are resolved by this machine's pip: it must be a CPython of the image's minor version (3.11).
python3 -m pip install -q --ignore-installed --root "$work/image" --prefix /usr/local "flytekit==$version"
site=$work/image/usr/local/lib/python3.11
rm -rf "$site/dist-packages"; ln -s site-packages "$site/dist-packages"
grep -lIr '^#!.*python' "$work/image/usr/local/bin" | xargs sed -i '1s|^#!.*|#!/usr/bin/python3|'
rm -rf "$work/image/var/cache/apt" "$work/image/var/lib/apt/lists"
chroot "$work/image" pyflyte-execute --help > /dev/null
archive registry.local/flytekit:1 "$work/image" "$out/flytekit.tar" /bin/bash
ls -la "$out"/*.tar
