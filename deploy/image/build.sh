#!/usr/bin/env bash
# Makes an image of the aileron binary, without a registry and without root: the binary, the libraries that it
# is linked to, and the certificates of this machine. `build.sh BINARY NAME:TAG OUT.tar`
set -euo pipefail
binary=${1:?usage: build.sh BINARY NAME:TAG OUT.tar}; name=${2:?NAME:TAG}; out=${3:?OUT.tar}
here=$(cd "$(dirname "$0")" && pwd); work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir -p "$work/usr/local/bin" "$work/etc/ssl/certs" "$work/tmp" "$work/var/lib/aileron"
cp "$binary" "$work/usr/local/bin/aileron"
# Each library at the path where the loader looks for it.
ldd "$binary" | grep -oE '/[^ ]+' | while read -r library; do
  mkdir -p "$work$(dirname "$library")"; cp -L "$library" "$work$library"
done
cp -L /etc/ssl/certs/ca-certificates.crt "$work/etc/ssl/certs/"
echo 'aileron:x:10001:10001::/var/lib/aileron:/sbin/nologin' > "$work/etc/passwd"
echo 'aileron:x:10001:' > "$work/etc/group"
chmod 1777 "$work/tmp"; chmod 0777 "$work/var/lib/aileron"
IMAGE_CONFIG='{"Entrypoint": ["/usr/local/bin/aileron"], "User": "10001:10001", "WorkingDir": "/var/lib/aileron"}' \
  python3 "$here/archive.py" "$name" "$work" "$out" --help
