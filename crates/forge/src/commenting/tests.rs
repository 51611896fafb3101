//! A forge that keeps what it is told, and answers as its documentation says; and each way in which it can refuse.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Asked, Commenting, End, Step, Verb};
use crate::answer::Answer;
use crate::comment::Comment;
use crate::place::Place;

const NOW_S: i64 = 1_000;

/// What is on a change, in pages of `page`.
struct Forge {
    comments: Vec<(u64, String)>,
    page: usize,
    made: u64,
}

impl Forge {
    fn with(comments: &[&str]) -> Self {
        let comments = (1..).zip(comments.iter().map(|text| (*text).to_owned())).collect();
        Self { comments, page: 100, made: 0 }
    }

    fn answer(&mut self, asked: &Asked) -> Answer {
        let said = |asked: &Asked| {
            let body: Value = serde_json::from_str(asked.body.as_ref().unwrap()).unwrap();
            body["body"].as_str().unwrap().to_owned()
        };
        let (path, query) = asked.url.split_once('?').unwrap_or((&asked.url, ""));
        let ok = |status: u16, body: Value| Answer {
            status,
            body: body.to_string().into_bytes(),
            ..Answer::default()
        };
        match asked.verb {
            Verb::Get => {
                let number =
                    query.split('&').find_map(|part| part.strip_prefix("page=")?.parse::<usize>().ok());
                let from = (number.unwrap_or(1) - 1) * self.page;
                let some = self.comments.iter().skip(from).take(self.page);
                let list: Vec<Value> = some.map(|(id, text)| json!({ "id": id, "body": text })).collect();
                let link = (from + self.page < self.comments.len())
                    .then(|| format!("<{path}?per_page=100&page={}>; rel=\"next\"", number.unwrap_or(1) + 1));
                Answer { link, ..ok(200, Value::Array(list)) }
            }
            Verb::Post => {
                self.made += 1;
                let id = 1_000 + self.made;
                self.comments.push((id, said(asked)));
                ok(201, json!({ "id": id, "html_url": format!("https://github.test/c{id}") }))
            }
            Verb::Patch | Verb::Put => {
                let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
                match self.comments.iter_mut().find(|(known, _)| *known == id) {
                    Some(comment) => {
                        comment.1 = said(asked);
                        ok(200, json!({ "id": id, "html_url": format!("https://github.test/c{id}") }))
                    }
                    None => ok(404, json!({ "message": "Not Found" })),
                }
            }
        }
    }
}

fn commenting(text: &str) -> Commenting {
    let place = Place::named("github:shop/web#7", "https://api.github.test").unwrap();
    Commenting::new(place, Comment::new("loadline", text).unwrap())
}

/// Goes on until the end; `disturb` may answer in place of the forge. How long it waited comes with the end.
fn goes(
    mut commenting: Commenting,
    forge: &mut Forge,
    mut disturb: impl FnMut(&Asked, &mut Forge) -> Option<Result<Answer, String>>,
) -> (End, u64) {
    let mut step = commenting.begin();
    let mut waited_s = 0;
    for _ in 0..1_000 {
        step = match step {
            Step::End(end) => return (end, waited_s),
            Step::Wait(wait_s) => {
                waited_s += wait_s;
                commenting.again()
            }
            Step::Ask(asked) => {
                let answer = disturb(&asked, forge).unwrap_or_else(|| Ok(forge.answer(&asked)));
                commenting.heard(answer.as_ref().map_err(String::as_str), NOW_S)
            }
        };
    }
    panic!("it never ends");
}

fn undisturbed(_: &Asked, _: &mut Forge) -> Option<Result<Answer, String>> {
    None
}

fn status(status: u16, message: &str) -> Answer {
    Answer { status, body: json!({ "message": message }).to_string().into_bytes(), ..Answer::default() }
}

#[test]
fn it_is_made_once_and_kept_current() {
    let mut forge = Forge::with(&["first!", "> <!-- loadline comment loadline -->\nquoted"]);
    let (end, _) = goes(commenting("slow"), &mut forge, undisturbed);
    assert_eq!(end, End::Made { url: "https://github.test/c1001".into(), was_there: false });
    let (end, _) = goes(commenting("fast"), &mut forge, undisturbed);
    assert_eq!(end, End::Made { url: "https://github.test/c1001".into(), was_there: true });
    assert_eq!(forge.comments.len(), 3);
    assert_eq!(forge.comments[2].1, "<!-- loadline comment loadline -->\nfast");
}

#[test]
fn it_is_found_on_any_page() {
    let ours = "<!-- loadline comment loadline -->\nslow";
    let mut all = vec!["+1"; 250];
    all.push(ours);
    let mut forge = Forge::with(&all);
    let (end, _) = goes(commenting("fast"), &mut forge, undisturbed);
    assert_eq!(end, End::Made { url: "https://github.test/c251".into(), was_there: true });
    // A next page on another host would be given the token.
    let (end, _) = goes(commenting("fast"), &mut forge, |asked, forge| {
        let mut answer = forge.answer(asked);
        answer.link = Some("<https://evil.test/?page=2>; rel=\"next\"".to_owned());
        Some(Ok(answer))
    });
    assert!(matches!(&end, End::Failed(why) if why.contains("another host")), "{end:?}");
}

#[test]
fn a_comment_that_has_gone_or_is_not_ours_is_made_anew() {
    for refusal in [404, 403, 410] {
        let mut forge = Forge::with(&["<!-- loadline comment loadline -->\nsomebody's"]);
        let (end, _) = goes(commenting("fast"), &mut forge, |asked, _| {
            (asked.verb == Verb::Patch).then(|| Ok(status(refusal, "no")))
        });
        assert!(matches!(end, End::Made { was_there: false, .. }), "{refusal}: {end:?}");
        assert_eq!(forge.comments.len(), 2);
    }
}

#[test]
fn what_got_no_answer_is_not_made_twice() {
    let mut forge = Forge::with(&[]);
    let mut lost = 0;
    let (end, waited_s) = goes(commenting("fast"), &mut forge, |asked, forge| {
        (asked.verb == Verb::Post && lost == 0).then(|| {
            lost += 1;
            forge.answer(asked);
            Ok(status(502, "bad gateway"))
        })
    });
    assert_eq!((end, waited_s), (End::Made { url: "https://github.test/c1001".into(), was_there: true }, 1));
    assert_eq!(forge.comments.len(), 1);
}

#[test]
fn a_limit_is_waited_for_a_minute_at_most() {
    let limited = |reset: i64| Answer {
        remaining: Some("0".into()),
        reset: Some(reset.to_string()),
        ..status(403, "API rate limit exceeded")
    };
    let mut times = 0;
    let (end, waited_s) = goes(commenting("fast"), &mut Forge::with(&[]), |_, _| {
        times += 1;
        (times < 3).then(|| Ok(limited(NOW_S + 20)))
    });
    assert!(matches!(end, End::Made { .. }) && waited_s == 40, "{end:?} {waited_s}");
    let (end, waited_s) =
        goes(commenting("fast"), &mut Forge::with(&[]), |_, _| Some(Ok(limited(NOW_S + 61))));
    assert_eq!(waited_s, 0);
    let End::Failed(why) = end else { panic!("{end:?}") };
    assert_eq!(why, "GitHub takes no more requests for 61 s (403: API rate limit exceeded)");
}

#[test]
fn what_is_refused_says_what_to_do() {
    let refused = |verb: Verb, code: u16, is_fork: bool| {
        let mut place = Place::named("github:shop/web#7", "https://api.github.test").unwrap();
        place.is_fork = is_fork;
        let commenting = Commenting::new(place, Comment::new("loadline", "text").unwrap());
        let message = "Resource not accessible by integration";
        goes(commenting, &mut Forge::with(&[]), |asked, _| {
            (asked.verb == verb).then(|| Ok(status(code, message)))
        })
        .0
    };
    for (verb, code, words) in [
        (Verb::Post, 403, "pull-requests: write"),
        (Verb::Get, 404, "pull request #7 of shop/web is not there"),
        (Verb::Get, 401, "does not know the token"),
        (Verb::Post, 422, "refuses it (422: Resource"),
        (Verb::Get, 500, "did not answer 4 times: 500"),
    ] {
        let end = refused(verb, code, false);
        assert!(matches!(&end, End::Failed(why) if why.contains(words)), "{code}: {end:?}");
    }
    assert!(matches!(refused(Verb::Post, 403, true), End::NotAllowed(why) if why.contains("not accessible")));
}

#[test]
fn a_renamed_project_is_followed_and_no_further() {
    let mut forge = Forge::with(&[]);
    let moved = |url: &str| Answer { location: Some(url.to_owned()), ..status(301, "Moved Permanently") };
    let (end, _) = goes(commenting("fast"), &mut forge, |asked, _| {
        let renamed = asked.url.replace("/repos/shop/web/issues/7/", "/repositories/42/issues/7/");
        (renamed != asked.url).then(|| Ok(moved(&renamed)))
    });
    assert!(matches!(end, End::Made { .. }), "{end:?}");
    for target in ["https://evil.test/", "https://api.github.test/round"] {
        let (end, _) = goes(commenting("fast"), &mut forge, |_, _| Some(Ok(moved(target))));
        assert!(matches!(&end, End::Failed(why) if why.contains("moved")), "{end:?}");
    }
}

proptest! {
    /// Whatever fails on the way, there is one comment in the end, and it says the last thing; or it is told that it
    /// could not be made.
    #[test]
    fn there_is_never_a_second_one(
        before in 0..230_usize,
        runs in prop::collection::vec(prop::collection::vec((0..12_usize, 0..4_u8), 0..4), 1..5),
    ) {
        let mut forge = Forge::with(&vec!["+1"; before]);
        for (run, faults) in runs.iter().enumerate() {
            let text = format!("run {run}");
            let mut asked_yet = 0;
            let (end, waited_s) = goes(commenting(&text), &mut forge, |asked, forge| {
                let fault = faults.iter().find(|(at, _)| *at == asked_yet).map(|(_, fault)| *fault);
                asked_yet += 1;
                match fault? {
                    0 => Some(Err("connection reset".to_owned())),
                    // It was done, and the answer is lost.
                    1 => {
                        forge.answer(asked);
                        Some(Err("connection reset".to_owned()))
                    }
                    2 => Some(Ok(status(503, "unavailable"))),
                    _ => Some(Ok(Answer { retry_after: Some("9".into()), ..status(429, "slow down") })),
                }
            });
            prop_assert!(waited_s <= 60 + 7, "{waited_s}");
            let ours: Vec<&String> =
                forge.comments.iter().map(|(_, text)| text).filter(|text| text.starts_with("<!--")).collect();
            prop_assert!(ours.len() <= 1);
            if let End::Made { .. } = end {
                prop_assert!(ours[0].ends_with(&text));
            }
        }
    }
}
