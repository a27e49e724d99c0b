#!/usr/bin/env bash
# uv, told where this machine keeps wheels: uv doesn't read pip's settings. Where pip names a folder of wheels,
# torch comes from there; elsewhere uv picks the build of torch that suits the machine.
here="$(dirname "$0")"
links="$("$here/python" -m pip config get global.find-links 2>/dev/null || true)"
links="${PIP_FIND_LINKS:-$links}"
if [ -n "$links" ] && [ -d "$links" ]; then
    export UV_FIND_LINKS="$links"
elif [ "$(uname)" = Linux ]; then
    export UV_TORCH_BACKEND="${UV_TORCH_BACKEND:-auto}"
fi
exec "$here/uv" "$@"
