//! The key that signs notifications, and its certificate. There is one of each in a cloud.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::prelude::*;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256};
use store::layer::table;
use wire::digest::sha256_hex;

use crate::error::Error;
use crate::keys::{self, SignerRow};
use crate::notification::Signed;
use crate::rsa_sha1::Sha1Key;

/// What the path of the certificate begins with, as AWS's.
pub(crate) const PATH: &str = "/SimpleNotificationService-";
/// What it ends with.
pub(crate) const PATH_END: &str = ".pem";
/// How long the certificate is good for. Nothing renews it: who signs is the cloud itself.
const YEARS: i16 = 30;
/// Characters of the certificate's name.
const NAME_CHARS: usize = 32;

/// Signs.
pub(crate) struct Signer {
    key: RsaKeyPair,
    old: Sha1Key,
    name: String,
}

/// The signer of a cloud, once it has been read from the store.
#[derive(Default)]
struct Known(Mutex<Option<Arc<Signer>>>);

impl Signer {
    fn read(row: &SignerRow) -> Result<Self, Failure> {
        let der = STANDARD.decode(&row.key).map_err(Failure::internal)?;
        let key = RsaKeyPair::from_pkcs8(&der).map_err(Failure::internal)?;
        let old = Sha1Key::read(&der).ok_or_else(|| Failure::internal("the stored key is no RSA key"))?;
        Ok(Self { key, old, name: row.name.clone() })
    }

    /// Signs a text in a version of AWS's: 1 digests by SHA-1, 2 by SHA-256.
    pub(crate) fn sign(&self, cx: &Cx, region: &str, version: &str, text: &str) -> Result<Signed, Failure> {
        let (version, signature) = if version == "2" {
            let mut signature = vec![0; self.key.public_modulus_len()];
            self.key
                .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
                .map_err(Failure::internal)?;
            ("2", signature)
        } else {
            ("1", self.old.sign(cx.chance(), text.as_bytes()))
        };
        Ok(Signed {
            version,
            signature: STANDARD.encode(signature),
            certificate_url: format!("https://sns.{region}.amazonaws.com{PATH}{}{PATH_END}", self.name),
        })
    }
}

/// The signer, in the transaction of a Write operation. The first who needs it makes it.
pub(crate) async fn signer(cx: &mut Cx) -> Result<Arc<Signer>, Error> {
    let known = cx.state::<Known>();
    if let Some(signer) = &*known.0.lock().unwrap_or_else(PoisonError::into_inner) {
        return Ok(signer.clone());
    }
    // Only what somebody has committed is kept: this transaction may yet fail.
    let committed: Option<SignerRow> = table::get(&cx.snapshot().await?, keys::SIGNER).await?;
    if let Some(row) = committed {
        let signer = Arc::new(Signer::read(&row)?);
        *known.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(signer.clone());
        return Ok(signer);
    }
    let mine: Option<SignerRow> = table::get(cx.tx(), keys::SIGNER).await?;
    let row = match mine {
        Some(row) => row,
        None => {
            let now_millis = cx.now().millis();
            let made = tokio::task::spawn_blocking(move || make(now_millis)).await;
            let row = made.map_err(Failure::internal)??;
            table::put(cx.tx(), &row).await?;
            row
        }
    };
    Ok(Arc::new(Signer::read(&row)?))
}

/// Makes a key and its certificate.
fn make(now_millis: i64) -> Result<SignerRow, Failure> {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(Failure::internal)?;
    let der: Pkcs8V1Der<'_> = key.as_der().map_err(Failure::internal)?;
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der.as_ref().into(), &PKCS_RSA_SHA256)
        .map_err(Failure::internal)?;
    let mut params =
        CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).map_err(Failure::internal)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "sns.amazonaws.com");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let now = jiff::Timestamp::from_millisecond(now_millis).map_err(Failure::internal)?;
    let year = now.to_zoned(jiff::tz::TimeZone::UTC).year();
    params.not_before = rcgen::date_time_ymd(i32::from(year) - 1, 1, 1);
    params.not_after = rcgen::date_time_ymd(i32::from(year + YEARS), 1, 1);
    let certificate = params.self_signed(&pair).map_err(Failure::internal)?;
    let public = key.public_key().as_ref();
    Ok(SignerRow {
        key: STANDARD.encode(der.as_ref()),
        certificate: certificate.pem(),
        name: sha256_hex(public)[..NAME_CHARS].to_owned(),
    })
}

/// The certificate with this name, PEM.
pub(crate) async fn certificate(cx: &Cx, name: &str) -> Result<Option<String>, Failure> {
    let row: Option<SignerRow> = cx.get(keys::SIGNER).await?;
    Ok(row.filter(|row| row.name == name).map(|row| row.certificate))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{
        RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    };
    use testkit::World;

    use super::*;

    #[tokio::test]
    async fn both_versions_are_signatures_of_the_key() {
        let world = World::new(&[&crate::SNS]).await;
        let row = make(testkit::START.millis()).unwrap();
        let signer = Signer::read(&row).unwrap();
        let public = signer.key.public_key().as_ref();
        let old = signer.sign(&world.cx(), "us-east-1", "1", "text").unwrap();
        let new = signer.sign(&world.cx(), "us-east-1", "2", "text").unwrap();
        let bytes = |signed: &Signed| STANDARD.decode(&signed.signature).unwrap();
        let old_key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, public);
        old_key.verify(b"text", &bytes(&old)).unwrap();
        assert!(old_key.verify(b"other", &bytes(&old)).is_err());
        let new_key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
        new_key.verify(b"text", &bytes(&new)).unwrap();
        assert!(row.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        let url = format!("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-{}.pem", row.name);
        assert_eq!(new.certificate_url, url);
    }
}
