//! The natives of `k6/http` in one place.

use super::super::registry::{Definition, Natives};
use super::{body, cookies, expected, response, send};

pub(crate) const MODULE: Definition = Definition {
    name: "k6/http",
    exports: &[
        "get",
        "head",
        "post",
        "put",
        "patch",
        "del",
        "options",
        "request",
        "asyncRequest",
        "batch",
        "file",
        "url",
        "CookieJar",
        "cookieJar",
        "expectedStatuses",
        "setResponseCallback",
        "TLS_1_0",
        "TLS_1_1",
        "TLS_1_2",
        "TLS_1_3",
        "OCSP_STATUS_GOOD",
        "OCSP_STATUS_REVOKED",
        "OCSP_STATUS_SERVER_FAILED",
        "OCSP_STATUS_UNKNOWN",
        "OCSP_REASON_UNSPECIFIED",
        "OCSP_REASON_KEY_COMPROMISE",
        "OCSP_REASON_CA_COMPROMISE",
        "OCSP_REASON_AFFILIATION_CHANGED",
        "OCSP_REASON_SUPERSEDED",
        "OCSP_REASON_CESSATION_OF_OPERATION",
        "OCSP_REASON_CERTIFICATE_HOLD",
        "OCSP_REASON_REMOVE_FROM_CRL",
        "OCSP_REASON_PRIVILEGE_WITHDRAWN",
        "OCSP_REASON_AA_COMPROMISE",
    ],
    script: concat!(
        "(function (native, block) { return (",
        include_str!("http.js"),
        ")(native, block, ",
        include_str!("selector.js"),
        "); })"
    ),
    natives,
};

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add_plain("prepare", send::prepare)?;
    natives.add_plain("finish", send::finish)?;
    natives.add("prepareAll", send::prepare_all)?;
    natives.add("finishAll", send::finish_all)?;
    natives.add("start", send::start)?;
    natives.add("maker", response::maker)?;
    natives.add("text", body::text)?;
    natives.add("clean", |url: String| loadline_client::masked_text(&url).into_owned())?;
    natives.add("file", body::file)?;
    natives.add("fileName", body::file_name)?;
    natives.add("expected", expected::expected)?;
    natives.add("setCallback", expected::set_callback)?;
    natives.add("newJar", cookies::new_jar)?;
    natives.add("currentJar", cookies::current_jar)?;
    natives.add("setCookie", cookies::set)?;
    natives.add("deleteCookie", cookies::delete)?;
    natives.add("clearCookies", cookies::clear)?;
    natives.add("cookiesFor", cookies::cookies_for)
}
