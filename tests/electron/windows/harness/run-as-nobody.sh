#!/bin/sh
# Electron as an ordinary user: what launches it for the tests has no option for that.
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$SHARED_CHANNEL_ELECTRON" "$@"
