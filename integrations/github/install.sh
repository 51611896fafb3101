#!/usr/bin/env bash
# Sees to it that there is a `loadline` on the PATH of the steps that follow: the one that is there already, or one that
# is built from its repository.
#
#   LOADLINE_VERSION   a tag or commit; without it, whatever is there, or the newest
set -euo pipefail
repository=https://github.com/loadline/loadline
version="${LOADLINE_VERSION:-}"

if [ -z "$version" ] && command -v loadline >/dev/null; then
  echo "$(loadline --version) is there"
  exit 0
fi
if ! command -v cargo >/dev/null; then
  echo "::error title=loadline::there is no \`loadline\` on the PATH, and no \`cargo\` to build one: install either before this step"
  exit 1
fi
place="${RUNNER_TOOL_CACHE:-${RUNNER_TEMP:?}}/loadline/${version:-newest}"
if [ ! -x "$place/bin/loadline" ]; then
  which=()
  [ -z "$version" ] || which=(--rev "$version")
  cargo install --locked --root "$place" --git "$repository" "${which[@]}" loadline
fi
echo "$place/bin" >>"$GITHUB_PATH"
"$place/bin/loadline" --version
