//! Projects of all kinds.

/// Names that need quotes in every language that they go through.
pub(crate) const NASTY: &str = r#"
[endpoints]
"a\"b\\c {{ $labels.x }} 'd': #\n- é🚢" = "GET /a.b"
"yes" = "GET /yes"

[[budget]]
endpoint = "a\"b\\c {{ $labels.x }} 'd': #\n- é🚢"
p99 = "1s"

[[budget]]
endpoint = "yes"
errors = "2%"

[watch]
labels = { job = "sh\"op\\ {{ .x }}" }
"#;

/// Routes that frameworks write in their own ways, seconds, and a limit between two bounds.
pub(crate) const OPENTELEMETRY: &str = r#"
[endpoints]
"programs.byId" = "GET /programs/:id"
"login" = "POST /login"

[[budget]]
endpoint = "programs.byId"
p95 = "500ms"
p99 = "2s"
errors = "0.1%"

[[budget]]
endpoint = "login"
p90 = "3ms"

[watch]
metrics = "opentelemetry"
"#;

/// Windows and patience of its own, a budget of nothing, one that is too generous to burn fast, and one without data.
pub(crate) const OWN: &str = r#"
[endpoints]
"search" = "GET /search"
"pay" = "POST /pay"

[[budget]]
endpoint = "search"
p50 = "250ms"
errors = "0%"

[[budget]]
endpoint = "pay"
errors = "5%"
allow_no_data = true

[watch]
metrics = { histogram = "http_request_duration_seconds", endpoint = "handler", status = "code" }
labels = { job = "shop" }
endpoints = { "search" = "find it" }
failed = "[45].."
step = "30s"
min_requests = 50
windows = [
  { long = "30m", short = "2m", burn = 10, severity = "page" },
  { long = "2h", short = "10m", burn = 1.5, severity = "ticket" },
]
resolve_after = "5m"
repeat = "1h"
"#;

/// Every kind of receiver, and maintenance.
pub(crate) const TOLD: &str = r#"
[endpoints]
"auth.login" = "POST /login"

[[budget]]
endpoint = "auth.login"
p95 = "1s"

[[watch.notify]]
kind = "webhook"
url = "http://hooks.test/loadline"
key = "env:HOOK_KEY"

[[watch.notify]]
kind = "slack"
url = "env:SLACK_WEBHOOK"

[[watch.notify]]
kind = "pagerduty"
key = "file:/run/secrets/pagerduty"
from = "page"

[[watch.notify]]
kind = "jira"
key = "file:/run/secrets/jira"

[[watch.notify]]
kind = "alertmanager"
url = "http://alertmanager.test:9093"

[[watch.notify]]
kind = "email"
url = "smtps://mail.test"
sender = "Loadline <watch@shop.test>"
to = ["oncall@shop.test", "owner@shop.test"]
user = "watch"
key = "env:SMTP_PASSWORD"
from = "page"

[[watch.maintenance]]
days = ["sun"]
from = "02:00"
to = "04:00"
zone = "Europe/Berlin"

[[watch.maintenance]]
endpoint = "auth.*"
days = ["sat"]
from = "23:00"
to = "01:00"
"#;

/// One endpoint, slow and failing.
pub(crate) const SMALL: &str = r#"
[endpoints]
"auth.login" = "POST /login"

[[budget]]
endpoint = "auth.login"
errors = "1%"
p95 = "500ms"

[watch]
windows = [
  { long = "1h", short = "5m", burn = 14.4, severity = "page" },
  { long = "2h", short = "30m", burn = 6, severity = "ticket" },
]
"#;
