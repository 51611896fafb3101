//! `/images/programs/ID.svg`: a picture for each programme, drawn from its number.
//!
//! Real pictures, a kilobyte each, without a file: hills under a sky whose colours and lines depend on the number.

use std::{fmt::Write, sync::Arc};

use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::files::tag;
use crate::app::App;

/// The picture of a programme.
pub(crate) async fn program(State(app): State<Arc<App>>, Path(file): Path<String>) -> Response {
    let id = file.strip_suffix(".svg").filter(|id| id.len() <= 10).and_then(|id| id.parse::<u32>().ok());
    let Some(id) = id else {
        let words = "no such image; images are `/images/programs/1.svg` and so on";
        return (StatusCode::NOT_FOUND, words).into_response();
    };
    let (picture, tag) = app.timers.render.run(|| {
        let picture = draw(id);
        let tag = tag(&picture);
        (picture, tag)
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        // A picture that is opened by itself is a document, and runs nothing.
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        (header::ETAG, tag),
    ];
    (headers, picture).into_response()
}

fn draw(id: u32) -> String {
    // SplitMix64's finaliser: neighbouring numbers give unlike pictures.
    let mut mixed = (u64::from(id) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^= mixed >> 27;
    let mut part = |limit: u64| {
        let value = mixed % limit;
        mixed = mixed.rotate_right(11);
        value
    };
    let hue = part(360);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 360\"><rect width=\"640\" height=\"360\" \
         fill=\"hsl({hue},60%,80%)\"/><circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"hsl(48,90%,70%)\"/>",
        80 + part(480),
        50 + part(60),
        24 + part(24),
    );
    for layer in 0..4 {
        let ground = 180 + 40 * layer;
        let _ = write!(svg, "<path d=\"M0 360V{}", ground + part(30));
        for step in 1..=8 {
            let _ = write!(
                svg,
                "Q{} {} {} {}",
                step * 80 - 40,
                ground - 30 + part(60),
                step * 80,
                ground + part(30)
            );
        }
        let _ = write!(svg, "V360z\" fill=\"hsl({},45%,{}%)\"/>", (hue + 120) % 360, 55 - 10 * layer);
    }
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_steady_small_and_unlike() {
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        for id in [0, 1, u32::MAX] {
            let svg = draw(id);
            assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
            assert!((500..4_000).contains(&svg.len()), "{}", svg.len());
        }
    }
}
