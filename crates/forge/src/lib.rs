//! One comment on a pull request of GitHub or a merge request of GitLab, made once and kept current.
//!
//! A [`Place`] is where it goes, from the variables that a job has. [`Commenting`] is what has to be asked, one request
//! after the other: it looks for the comment that begins with our mark, page by page, and writes over it, or makes it.
//! Pure: whoever sends requests hands the answers in, with the time, and waits when it is told to.
//!
//! ```
//! use loadline_forge::{Answer, Comment, Commenting, Place, Step, Verb};
//!
//! let place = Place::named("github:shop/web#7", "https://api.github.com")?;
//! let comment = Comment::new("loadline", "### all is well")?;
//! let mut commenting = Commenting::new(place, comment);
//! let Step::Ask(asked) = commenting.begin() else { panic!() };
//! assert_eq!(asked.url, "https://api.github.com/repos/shop/web/issues/7/comments?per_page=100");
//! let nothing = Answer { status: 200, body: b"[]".to_vec(), ..Answer::default() };
//! let Step::Ask(asked) = commenting.heard(Ok(&nothing), 0) else { panic!() };
//! assert_eq!(asked.verb, Verb::Post);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod comment;
mod commenting;
mod environment;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;
mod place;

pub use answer::Answer;
pub use comment::{Comment, CommentError};
pub use commenting::{Asked, Commenting, End, Step, Verb};
pub use environment::{Change, EnvironmentError, of_environment};
pub use place::{Forge, Place, PlaceError};

/// Entry points of `fuzz/`; no part of the library.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Bytes as what a forge answers.
    pub fn answers(bytes: &[u8]) {
        crate::fuzz::answers(bytes);
    }
}
