//! A forge on loopback, as strict as the documentation of GitHub's and GitLab's interfaces, and `loadline comment`
//! against it.

use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::{Ended, Folder, ended};
use crate::watching::{asked, respond};

/// The token that may write, and one that may only read, as the job of a fork has it.
pub(crate) const TOKEN: &str = "ghs_may-write-0123456789";
pub(crate) const READS: &str = "ghs_may-read-0123456789";

/// What was said on one change.
#[derive(Default)]
pub(crate) struct Said {
    /// Comments by their number.
    pub(crate) comments: Vec<(u64, String)>,
    /// Requests, a line each: `GET /repos/…`.
    pub(crate) requests: Vec<String>,
    /// Answers that come before any other: status with headers, and body.
    pub(crate) faults: Vec<(String, String)>,
    made: u64,
}

/// A forge that ends with the test.
pub(crate) struct Forge {
    pub(crate) url: String,
    pub(crate) said: Arc<Mutex<Said>>,
}

impl Forge {
    /// With so many comments of others.
    pub(crate) fn start(others: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let said = Arc::new(Mutex::new(Said {
            comments: (1..=others).map(|id| (id, "+1".to_owned())).collect(),
            ..Said::default()
        }));
        let (kept, base) = (Arc::clone(&said), url.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let Some((head, body)) = asked(&stream) else { continue };
                let mut said = kept.lock().unwrap();
                said.requests.push(head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned());
                let fault = (!said.faults.is_empty()).then(|| said.faults.remove(0));
                let (status, body) = fault.unwrap_or_else(|| said.answer(&base, &head, &body));
                respond(&mut stream, &status, &body);
            }
        });
        Self { url, said }
    }

    /// The comment that is ours, and how many there are.
    pub(crate) fn ours(&self) -> (String, usize) {
        let said = self.said.lock().unwrap();
        let mut ours = said.comments.iter().filter(|(_, text)| text.starts_with("<!-- loadline comment "));
        let first = ours.next().map(|(_, text)| text.clone()).unwrap_or_default();
        assert!(ours.next().is_none(), "there are two");
        (first, said.comments.len())
    }

    /// What a job of GitHub has, for a pull request from this repository.
    pub(crate) fn github(&self, folder: &Folder, from: &str) -> Vec<(&'static str, String)> {
        let repo = |name: &str| json!({ "repo": { "full_name": name } });
        let event = json!({ "pull_request": { "number": 7, "head": repo(from), "base": repo("shop/web") } });
        folder.write("event.json", &event.to_string());
        vec![
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_API_URL", self.url.clone()),
            ("GITHUB_REPOSITORY", "shop/web".to_owned()),
            ("GITHUB_EVENT_NAME", "pull_request".to_owned()),
            ("GITHUB_EVENT_PATH", folder.path("event.json").to_str().unwrap().to_owned()),
        ]
    }

    /// What a job of GitLab has.
    pub(crate) fn gitlab(&self) -> Vec<(&'static str, String)> {
        vec![
            ("GITLAB_CI", "true".to_owned()),
            ("CI_API_V4_URL", format!("{}/api/v4", self.url)),
            ("CI_PROJECT_ID", "42".to_owned()),
            ("CI_MERGE_REQUEST_IID", "7".to_owned()),
            ("CI_JOB_NAME_SLUG", "loadline".to_owned()),
        ]
    }
}

impl Said {
    fn answer(&mut self, base: &str, head: &str, body: &str) -> (String, String) {
        let header = |name: &str| {
            let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
            fields
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim().to_owned())
        };
        let no = |status: &str, message: &str| (status.to_owned(), json!({ "message": message }).to_string());
        let mut words = head.lines().next().unwrap().split(' ');
        let (method, target) = (words.next().unwrap(), words.next().unwrap());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let is_gitlab = path.starts_with("/api/v4/");
        if header("user-agent").is_none_or(|agent| agent.is_empty()) {
            return no("403 Forbidden", "Request forbidden by administrative rules: no User-Agent");
        }
        let token = if is_gitlab {
            header("private-token")
        } else {
            header("authorization").and_then(|value| Some(value.strip_prefix("Bearer ")?.to_owned()))
        };
        if !is_gitlab && header("accept").as_deref() != Some("application/vnd.github+json") {
            return no("415 Unsupported Media Type", "Must accept 'application/json'");
        }
        if !is_gitlab && header("x-github-api-version").as_deref() != Some("2022-11-28") {
            return no("400 Bad Request", "Unsupported API version");
        }
        let writes = match token.as_deref() {
            Some(TOKEN) => true,
            Some(READS) => false,
            _ => return no("401 Unauthorized", "Bad credentials"),
        };
        let (list, one) = if is_gitlab {
            let list = "/api/v4/projects/42/merge_requests/7/notes";
            (list, format!("{list}/"))
        } else {
            ("/repos/shop/web/issues/7/comments", "/repos/shop/web/issues/comments/".to_owned())
        };
        let id = path.strip_prefix(&one).and_then(|id| id.parse::<u64>().ok());
        if path != list && id.is_none() {
            return no("404 Not Found", "Not Found");
        }
        if method == "GET" && path == list {
            return self.page(&format!("{base}{path}"), query);
        }
        if !writes {
            return no("403 Forbidden", "Resource not accessible by integration");
        }
        let text = serde_json::from_str::<Value>(body).ok();
        let text = text.and_then(|body| {
            let fields = body.as_object()?;
            (fields.len() == 1).then(|| fields["body"].as_str().map(str::to_owned))?
        });
        let most = if is_gitlab { 1_000_000 } else { 65_536 };
        let Some(text) = text.filter(|text| !text.is_empty() && text.chars().count() <= most) else {
            return no("422 Unprocessable Entity", "Validation Failed");
        };
        let changes = if is_gitlab { "PUT" } else { "PATCH" };
        match (method, id) {
            ("POST", None) => {
                self.made += 1;
                let id = 10_000 + self.made;
                self.comments.push((id, text));
                (
                    "201 Created".to_owned(),
                    json!({ "id": id, "html_url": format!("{base}/c/{id}") }).to_string(),
                )
            }
            (method, Some(id)) if method == changes => {
                match self.comments.iter_mut().find(|(known, _)| *known == id) {
                    Some(comment) => {
                        comment.1 = text;
                        (
                            "200 OK".to_owned(),
                            json!({ "id": id, "html_url": format!("{base}/c/{id}") }).to_string(),
                        )
                    }
                    None => no("404 Not Found", "Not Found"),
                }
            }
            _ => no("405 Method Not Allowed", "Method Not Allowed"),
        }
    }

    /// A page of comments, 30 of them unless more are asked for, and never more than a hundred.
    fn page(&self, url: &str, query: &str) -> (String, String) {
        let number = |key: &str| {
            query.split('&').find_map(|part| part.strip_prefix(key)?.strip_prefix('=')?.parse::<usize>().ok())
        };
        let (page, size) =
            (number("page").unwrap_or(1).max(1), number("per_page").unwrap_or(30).clamp(1, 100));
        let some = self.comments.iter().skip((page - 1) * size).take(size);
        let list: Vec<Value> = some.map(|(id, text)| json!({ "id": id, "body": text })).collect();
        let mut status = "200 OK".to_owned();
        if page * size < self.comments.len() {
            status += &format!("\r\nLink: <{url}?per_page={size}&page={}>; rel=\"next\"", page + 1);
        }
        (status, Value::Array(list).to_string())
    }
}

fn comment(folder: &Folder, variables: &[(&str, String)], words: &[&str]) -> Ended {
    let mut command: Command = folder.loadline(["comment"]);
    command.args(words).envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
    ended(&mut command)
}

#[test]
fn a_comment_is_made_once_found_on_any_page_and_kept_current() {
    let folder = Folder::with(&[("comment.md", "### slow\n"), ("later.md", "### fast\n")]);
    let forge = Forge::start(230);
    let mut job = forge.github(&folder, "shop/web");
    job.push(("GITHUB_TOKEN", TOKEN.to_owned()));
    let made = comment(&folder, &job, &["comment.md"]).expect(0);
    assert_eq!(made.out, format!("commented on pull request #7 of shop/web: {}/c/10001\n", forge.url));
    let kept = comment(&folder, &job, &["later.md"]).expect(0);
    assert!(kept.out.starts_with("updated the comment on pull request #7"), "{}", kept.out);
    assert_eq!(forge.ours(), ("<!-- loadline comment loadline -->\n### fast\n".to_owned(), 231));
    // Another one beside it.
    comment(&folder, &job, &["--name", "search", "later.md"]).expect(0);
    assert_eq!(forge.said.lock().unwrap().comments.len(), 232);
    let requests = forge.said.lock().unwrap().requests.clone();
    assert_eq!(requests[..4].iter().filter(|asked| asked.starts_with("GET")).count(), 3, "{requests:#?}");

    // Without a job, by its name; nothing shows the token.
    let words = ["--to", "github:shop/web#7", "comment.md"];
    let named = comment(&folder, &[job[1].clone(), job[5].clone()], &words).expect(0);
    assert!(named.out.starts_with("updated"), "{}", named.out);
    let gitlab = Forge::start(3);
    let mut job = gitlab.gitlab();
    job.push(("GITLAB_TOKEN", TOKEN.to_owned()));
    comment(&folder, &job, &["comment.md"]).expect(0);
    let kept = comment(&folder, &job, &["later.md"]).expect(0);
    assert_eq!(kept.out, format!("updated the comment on merge request !7 of 42: {}/c/10001\n", gitlab.url));
    assert_eq!(gitlab.ours().1, 4);
}

#[test]
fn what_keeps_a_comment_from_being_made_is_told() {
    let folder = Folder::with(&[("comment.md", "### slow\n")]);
    let forge = Forge::start(0);
    let job = |token: &str, from: &str| {
        let mut job = forge.github(&folder, from);
        job.push(("GITHUB_TOKEN", token.to_owned()));
        job
    };
    // The job of a fork may not, which is nobody's fault.
    let fork = comment(&folder, &job(READS, "eve/web"), &["comment.md"]).expect(0);
    assert!(fork.err.contains("comes from a fork") && fork.err.contains("not accessible"), "{}", fork.err);
    let fork = comment(&folder, &forge.github(&folder, "eve/web"), &["comment.md"]).expect(0);
    assert!(fork.err.contains("comes from a fork") && fork.err.contains("is not set"), "{}", fork.err);
    let reads = comment(&folder, &job(READS, "shop/web"), &["comment.md"]).expect(4);
    assert!(reads.err.contains("pull-requests: write"), "{}", reads.err);
    let wrong = comment(&folder, &job("ghs_nobody", "shop/web"), &["comment.md"]).expect(4);
    assert!(wrong.err.contains("does not know the token (401: Bad credentials)"), "{}", wrong.err);
    assert!(!wrong.err.contains("ghs_nobody"), "{}", wrong.err);
    let none = comment(&folder, &forge.github(&folder, "shop/web"), &["comment.md"]).expect(2);
    assert!(none.err.contains("needs a token in `GITHUB_TOKEN` or `GH_TOKEN`"), "{}", none.err);
    let unwritten = comment(&folder, &job(TOKEN, "shop/web"), &["other.md"]).expect(3);
    assert!(
        unwritten.err.contains("hint: `loadline report latest --markdown other.md`"),
        "{}",
        unwritten.err
    );
    let words = ["--to", "github:shop/gone#7", "comment.md"];
    let gone = comment(&folder, &job(TOKEN, "shop/web"), &words).expect(4);
    assert!(gone.err.contains("is not there, or the token may not see it (404: Not Found)"), "{}", gone.err);
    // Too many requests: a short wait is waited, a long one is told.
    let limit = |reset: &str| {
        let status = format!("403 Forbidden\r\nX-RateLimit-Remaining: 0\r\n{reset}");
        (status, json!({ "message": "API rate limit exceeded" }).to_string())
    };
    forge.said.lock().unwrap().faults = vec![limit("Retry-After: 1")];
    comment(&folder, &job(TOKEN, "shop/web"), &["comment.md"]).expect(0);
    forge.said.lock().unwrap().faults = vec![limit("X-RateLimit-Reset: 99999999999")];
    let limited = comment(&folder, &job(TOKEN, "shop/web"), &["comment.md"]).expect(4);
    assert!(limited.err.contains("takes no more requests for"), "{}", limited.err);
    // There is nothing to comment on, or nobody knows where.
    let push = [("GITHUB_ACTIONS", "1".into()), ("GITHUB_REPOSITORY", "a/b".into())];
    let push = comment(&folder, &push, &["comment.md"]).expect(0);
    assert!(push.out.starts_with("nothing to comment on"), "{}", push.out);
    assert!(comment(&folder, &[], &["comment.md"]).expect(2).err.contains("--to github:OWNER/NAME#7"));
    assert!(comment(&folder, &[], &["none.md"]).expect(3).err.contains("none.md"));
    folder.write("empty.md", "\n");
    assert!(comment(&folder, &[], &["empty.md"]).expect(2).err.contains("nothing in it to say"));
}
