//! The list of procedures.

use axum::http::HeaderMap;

use super::{payment, programs, public, search};
use crate::{
    app::App,
    trpc::{CallError, Input, Success},
};

/// Something callable at `/api/trpc/NAME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Procedure {
    SearchFindPrograms,
    ProgramsGetById,
    PublicGetPrograms,
    PublicGetProviders,
    PaymentCreateSubscription,
}

impl Procedure {
    /// The procedure of a name.
    pub(crate) fn find(name: &str) -> Option<Procedure> {
        Some(match name {
            "search.findPrograms" => Procedure::SearchFindPrograms,
            "programs.getById" => Procedure::ProgramsGetById,
            "public.getPrograms" => Procedure::PublicGetPrograms,
            "public.getProviders" => Procedure::PublicGetProviders,
            "payment.createSubscription" => Procedure::PaymentCreateSubscription,
            _ => return None,
        })
    }

    /// Its name in the path.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Procedure::SearchFindPrograms => "search.findPrograms",
            Procedure::ProgramsGetById => "programs.getById",
            Procedure::PublicGetPrograms => "public.getPrograms",
            Procedure::PublicGetProviders => "public.getProviders",
            Procedure::PaymentCreateSubscription => "payment.createSubscription",
        }
    }

    /// Its path.
    pub(crate) fn route(self) -> &'static str {
        match self {
            Procedure::SearchFindPrograms => "/api/trpc/search.findPrograms",
            Procedure::ProgramsGetById => "/api/trpc/programs.getById",
            Procedure::PublicGetPrograms => "/api/trpc/public.getPrograms",
            Procedure::PublicGetProviders => "/api/trpc/public.getProviders",
            Procedure::PaymentCreateSubscription => "/api/trpc/payment.createSubscription",
        }
    }

    /// What a call of this name is counted under: one of few, whatever was written.
    pub(crate) fn label(name: &str) -> &'static str {
        Procedure::find(name).map_or("(unmatched)", Procedure::name)
    }

    /// Whether it changes something.
    pub(crate) fn is_mutation(self) -> bool {
        self == Procedure::PaymentCreateSubscription
    }

    /// Runs it.
    pub(crate) async fn call(
        self,
        app: &App,
        headers: &HeaderMap,
        input: &Input,
    ) -> Result<Success, CallError> {
        match self {
            Procedure::SearchFindPrograms => search::find_programs(app, input).await,
            Procedure::ProgramsGetById => programs::get_by_id(app, input).await,
            Procedure::PublicGetPrograms => public::get_programs(app, headers, input).await,
            Procedure::PublicGetProviders => public::get_providers(app, input).await,
            Procedure::PaymentCreateSubscription => payment::create_subscription(app, headers, input).await,
        }
    }
}
