//! A tower layer that puts the headers of cache rules on the answers of a service.
//!
//! It is the other end of the same file: what a cache in front is told to keep, and by which key, the service says of
//! its answers itself, so that any cache that goes by the specifications acts by the rules without knowing them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::query::normal;
use crate::rules::{Applied, Asker, Rules};

/// Puts the headers of rules on answers.
///
/// ```
/// use loadline_edge::layer::RulesLayer;
/// use loadline_edge::rules::Rules;
/// let rules = Rules::parse("edge.toml", "[[rule]]\npath = '/images/**'\ncache = { max_age = '7d' }\n")?;
/// let layer = RulesLayer::new(rules);
/// # Ok::<(), loadline_verdict::Problems>(())
/// ```
#[derive(Debug, Clone)]
pub struct RulesLayer {
    rules: Arc<Rules>,
}

/// A service whose answers have the headers of rules.
#[derive(Debug, Clone)]
pub struct RulesService<S> {
    inner: S,
    rules: Arc<Rules>,
}

impl RulesLayer {
    /// A layer of these rules.
    pub fn new(rules: Rules) -> Self {
        Self { rules: Arc::new(rules) }
    }
}

impl<S> Layer<S> for RulesLayer {
    type Service = RulesService<S>;

    fn layer(&self, inner: S) -> RulesService<S> {
        RulesService { inner, rules: Arc::clone(&self.rules) }
    }
}

impl<S, A, B> Service<Request<A>> for RulesService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Answering<S::Future> {
        // By the path as keys have it: one that is written otherwise has the same rule.
        let applied = self.rules.find(&normal(request.uri().path()));
        let asker = Asker::of(request.method(), request.headers());
        Answering { future: self.inner.call(request), applied, asker }
    }
}

pin_project! {
    /// An answer that is under way.
    #[derive(Debug)]
    pub struct Answering<F> {
        #[pin]
        future: F,
        applied: Option<Applied>,
        asker: Asker,
    }
}

impl<B, E, F: Future<Output = Result<Response<B>, E>>> Future for Answering<F> {
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut answer = ready!(this.future.poll(context));
        if let (Ok(response), Some(applied)) = (&mut answer, &this.applied) {
            let status = response.status();
            applied.rule.put(this.asker, status, response.headers_mut());
        }
        Poll::Ready(answer)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::Ready;
    use std::task::Waker;

    use super::*;

    /// A service that answers at once.
    struct Hello;

    impl Service<Request<()>> for Hello {
        type Response = Response<&'static str>;
        type Error = Infallible;
        type Future = Ready<Result<Self::Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            std::future::ready(Ok(Response::new("hello")))
        }
    }

    fn said(path: &str) -> Option<String> {
        let text = "[[rule]]\npath = '/images/**'\ncache = { max_age = '7d' }\n";
        let mut service = RulesLayer::new(Rules::parse("x.toml", text).unwrap()).layer(Hello);
        let mut answering = Box::pin(service.call(Request::get(path).body(()).unwrap()));
        let Poll::Ready(Ok(response)) = answering.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        else {
            panic!("it answers at once");
        };
        response.headers().get("cache-control").map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn answers_have_the_headers_of_their_rule() {
        assert_eq!(said("/images/a.png").as_deref(), Some("max-age=604800"));
        assert_eq!(said("/im%61ges/a.png").as_deref(), Some("max-age=604800"));
        assert_eq!(said("/other"), None);
    }
}
