# Shared by the benchmarks: a static nginx on loopback, and what a command cost.
# Needs nginx, wrk and GNU time (Debian: nginx-light, wrk, time). Sourced, not run.

PATH="$PATH:/usr/sbin:/sbin"
repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# What is shipped, where it was built (`cargo build --profile dist -p loadline`); set LOADLINE to measure another build.
loadline="$repository/target/release/loadline"
[ -x "$repository/target/dist/loadline" ] && loadline="$repository/target/dist/loadline"
loadline="${LOADLINE:-$loadline}"
scratch="$(mktemp -d)"

for command in nginx wrk /usr/bin/time; do
  if ! command -v "$command" >/dev/null; then
    echo "error: the benchmarks need \`$command\`" >&2
    echo "hint: apt-get install nginx-light wrk time" >&2
    exit 3
  fi
done
# The programs a benchmark needs; it may name others before it sources this file.
for program in ${programs:-loadline}; do
  if [ "$program" = loadline ] && [ -x "$loadline" ]; then continue; fi
  if [ ! -x "$repository/target/release/$program" ]; then
    echo "error: there is no release build at $repository/target/release/$program" >&2
    echo "hint: cargo build --release" >&2
    exit 3
  fi
done

# Starts one nginx worker that answers `/` with a few bytes, and whatever $locations say; sets $url.
start_nginx() {
  for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 20000))
    cat >"$scratch/nginx.conf" <<CONF
daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid $scratch/nginx.pid;
error_log $scratch/error.log;
events { worker_connections 30000; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path $scratch/body;
  proxy_temp_path $scratch/proxy;
  fastcgi_temp_path $scratch/fastcgi;
  uwsgi_temp_path $scratch/uwsgi;
  scgi_temp_path $scratch/scgi;
  server {
    listen 127.0.0.1:$port backlog=8192;
    location / { default_type text/plain; return 200 "hello, load\n"; }
    ${locations:-}
  }
}
CONF
    nginx -c "$scratch/nginx.conf" -p "$scratch" 2>/dev/null &
    nginx_pid=$!
    url="http://127.0.0.1:$port/"
    for _ in $(seq 100); do
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 0; fi
      kill -0 "$nginx_pid" 2>/dev/null || break
      read -r -t 0.05 <> <(:) || true
    done
  done
  echo "error: nginx did not start; see $scratch/error.log" >&2
  exit 3
}

stop_all() {
  [ -n "${nginx_pid:-}" ] && kill "$nginx_pid" 2>/dev/null && wait "$nginx_pid" 2>/dev/null
  rm -rf "$scratch"
}
trap stop_all EXIT

# Runs a command; sets $cpu_s (user + system seconds) and $rss_mb (peak resident memory).
# Its output goes to the file named first.
measured() {
  local out=$1
  shift
  /usr/bin/time -q -o "$scratch/cost" -f '%U %S %M' "$@" >"$out" 2>&1
  local status=$?
  read -r user system peak_kb < <(tail -n 1 "$scratch/cost")
  cpu_s=$(awk -v u="$user" -v s="$system" 'BEGIN { printf "%.2f", u + s }')
  rss_mb=$(awk -v k="$peak_kb" 'BEGIN { printf "%.0f", k / 1024 }')
  return "$status"
}

# What machine these numbers come from, and which commit.
describe() {
  echo "machine: $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)"
  echo "build:   ${loadline#"$repository"/}"
  echo "commit:  $(git -C "$repository" rev-parse --short HEAD)   date: $(date -u +%F)"
}
