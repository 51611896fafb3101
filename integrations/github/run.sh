#!/usr/bin/env bash
# Runs Loadline in a step of GitHub Actions: annotations and the job's summary, one comment on the pull request, outputs
# for the steps that follow, and the exit code of Loadline itself at the end.
#
#   LOADLINE_COMMAND        what follows `loadline`
#   LOADLINE_COMMENT        true: comment on the pull request
#   LOADLINE_COMMENT_NAME   which of several comments it is
#   LOADLINE_JUNIT          a file for JUnit XML, or nothing
set -uo pipefail

# The words of a shell, quoted as in one, and nothing evaluated.
words=()
if ! split="$(xargs printf '' <<<"${LOADLINE_COMMAND:?}" 2>&1)"; then
  echo "::error title=loadline::the command does not read: $split"
  exit 2
fi
while IFS= read -r -d '' word; do words+=("$word"); done < <(xargs printf '%s\0' <<<"$LOADLINE_COMMAND")

summary="$(mktemp "${RUNNER_TEMP:-/tmp}/loadline-summary.XXXXXX")"
mv "$summary" "$summary.md"
summary="$summary.md"
[ -n "${LOADLINE_JUNIT:-}" ] || unset LOADLINE_JUNIT
token="${GITHUB_TOKEN:-}"
# What is under test has no use for the token.
env -u GITHUB_TOKEN LOADLINE_GITHUB=true GITHUB_STEP_SUMMARY="$summary" loadline "${words[@]}"
code=$?

# `run`, `inspect` and `demo` end in k6's codes, everything else in few of its own: docs/src/reference/exit-codes.md.
case "${words[0]}:$code" in
  *:0) verdict=pass ;;
  run:99 | inspect:99 | demo:99) verdict=fail ;;
  run:104 | inspect:104 | demo:104) verdict=configuration ;;
  *:105) verdict=stopped ;;
  *:111) verdict=saturated ;;
  run:* | inspect:* | demo:*) verdict=error ;;
  *:1) verdict=fail ;;
  *:2) verdict=configuration ;;
  *) verdict=error ;;
esac

# A comparison writes its own Markdown.
markdown=""
for at in "${!words[@]}"; do
  case "${words[at]}" in
    --markdown) markdown="${words[at + 1]:-}" ;;
    --markdown=*) markdown="${words[at]#--markdown=}" ;;
  esac
done
if [ ! -s "$summary" ] && [ -s "$markdown" ]; then
  cp "$markdown" "$summary"
fi

if [ -s "$summary" ]; then
  cat "$summary" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
  if [ "${LOADLINE_COMMENT:-true}" = true ]; then
    # A comment that cannot be made is told, and changes no verdict.
    if ! said="$(GITHUB_TOKEN="$token" loadline comment --name "${LOADLINE_COMMENT_NAME:-loadline}" "$summary" 2>&1)"; then
      said="${said//'%'/%25}"
      echo "::warning title=loadline::${said//$'\n'/%0A}"
    else
      echo "$said"
    fi
  fi
else
  rm -f "$summary"
  summary=""
fi

{
  echo "verdict=$verdict"
  echo "exit-code=$code"
  echo "summary=$summary"
} >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$code"
