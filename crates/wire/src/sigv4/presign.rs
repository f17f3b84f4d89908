//! Making presigned URLs.

use super::canonical::encode;
use super::sign::{Signed, Signer, signable};
use super::{ALGORITHM, Payload, Request, amz_date};

impl Signer<'_> {
    /// The query string of a presigned URL for `request` (its own query included), valid for `expires_seconds`.
    ///
    /// Every header of the request except those that libraries change is signed, so give `host` only unless the
    /// caller will send the others too. S3 takes [`Payload::Unsigned`]; other services the body's hash.
    pub fn presign(
        &self,
        now_seconds: i64,
        expires_seconds: i64,
        request: &Request<'_>,
        payload: &Payload,
    ) -> (String, Signed) {
        let date = amz_date(now_seconds);
        let names = signable(request.headers);
        let credential = format!("{}/{}", self.credentials.access_key_id, self.scope(&date));
        let mut query = request.query.to_owned();
        let mut add = |name: &str, value: &str| {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(name);
            query.push('=');
            query.push_str(&encode(value.as_bytes()));
        };
        add("X-Amz-Algorithm", ALGORITHM);
        add("X-Amz-Credential", &credential);
        add("X-Amz-Date", &date);
        add("X-Amz-Expires", &expires_seconds.to_string());
        if let Some(token) = &self.credentials.session_token {
            add("X-Amz-Security-Token", token);
        }
        add("X-Amz-SignedHeaders", &names.join(";"));
        let view = Request { query: &query, ..*request };
        let signed = self.finish(date, &view, &names, payload.as_str());
        query.push_str("&X-Amz-Signature=");
        query.push_str(signed.signature());
        (query, signed)
    }
}
