//! TLS under AWS's names: a certificate authority of this cloud's own, and certificates made as clients ask for names.
//!
//! Older SDKs and plain HTTP clients know no other address than `https://<service>.<region>.amazonaws.com`. Where they
//! are led here, they are answered with a certificate that the authority signs. Functions and programs under
//! `cloudlet exec` are told to trust it for those connections; nobody else does, and the key never leaves the data folder.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use cloud::clock::Clock;
use cloud::{Failure, aws_names};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

/// Names whose certificates are kept; beyond that the memory is emptied.
const NAMES_MAX: usize = 1000;
/// How long the authority is good for.
const AUTHORITY_YEARS: i32 = 10;
/// How long a certificate is good for: clients refuse those over 398 days (CA/Browser Forum, baseline requirements).
const CERTIFICATE_DAYS: i32 = 390;
/// A certificate is made anew long before it ends.
const RENEW_AFTER_DAYS: i64 = 180;
/// A common name holds this much (RFC 5280, ub-common-name); longer names stand among the alternative ones alone.
const COMMON_NAME_MAX: usize = 64;

const CERTIFICATE_FILE: &str = "ca.pem";
const KEY_FILE: &str = "ca-key.pem";

/// What clients get who ask by address, or under a name of this machine.
const OWN_NAMES: [&str; 4] = ["localhost", "*.localhost", "127.0.0.1", "::1"];

/// A certificate authority. It is read, or made, at the first need: most clouds never speak TLS.
pub(super) struct Authority {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    signer: Mutex<Option<Signer>>,
}

/// The keys, and the certificates that were made.
struct Signer {
    pem: Arc<str>,
    issuer: Issuer<'static, KeyPair>,
    /// One key for all certificates: they all are this server.
    key: KeyPair,
    made: HashMap<String, (i64, Arc<CertifiedKey>)>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

impl Authority {
    /// The one that a folder keeps.
    pub(super) fn new(folder: PathBuf, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { folder, clock, signer: Mutex::default() })
    }

    /// Lets the signer work, which is read or made now if need be.
    fn with_signer<T>(&self, work: impl FnOnce(&mut Signer) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut signer = self.signer.lock().unwrap_or_else(PoisonError::into_inner);
        let signer = match &mut *signer {
            Some(signer) => signer,
            none => none.insert(Signer::open(&self.folder, &*self.clock)?),
        };
        work(signer)
    }

    /// What takes TLS connections.
    pub(super) fn acceptor(self: &Arc<Self>) -> anyhow::Result<TlsAcceptor> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn certificate(&self, name: &str) -> anyhow::Result<Arc<CertifiedKey>> {
        self.with_signer(|signer| signer.certificate(name, &*self.clock))
    }
}

impl cloud::sandbox::Authority for Authority {
    fn pem(&self) -> Result<Arc<str>, Failure> {
        self.with_signer(|signer| Ok(signer.pem.clone()))
            .map_err(|error| Failure::internal(format!("{error:#}")))
    }
}

impl Signer {
    /// The one that a folder keeps, made now when there is none.
    fn open(folder: &Path, clock: &dyn Clock) -> anyhow::Result<Self> {
        let found = read(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
        let (pem, key) = match found {
            Some(found) => found,
            None => make(folder, clock)
                .with_context(|| format!("cannot make a certificate authority in `{}`", folder.display()))?,
        };
        let issuer = Issuer::new(authority_params(clock)?, KeyPair::from_pem(&key)?);
        Ok(Self { pem: pem.into(), issuer, key: KeyPair::generate()?, made: HashMap::new() })
    }

    fn certificate(&mut self, name: &str, clock: &dyn Clock) -> anyhow::Result<Arc<CertifiedKey>> {
        let now = clock.now().secs();
        if let Some((at, certificate)) = self.made.get(name)
            && now - at < RENEW_AFTER_DAYS * 86_400
        {
            return Ok(certificate.clone());
        }
        let certificate = Arc::new(self.sign(name, clock)?);
        if self.made.len() >= NAMES_MAX {
            self.made.clear();
        }
        self.made.insert(name.to_owned(), (now, certificate.clone()));
        Ok(certificate)
    }

    fn sign(&self, name: &str, clock: &dyn Clock) -> anyhow::Result<CertifiedKey> {
        let names = match name {
            "" => OWN_NAMES.map(str::to_owned).to_vec(),
            name => vec![name.to_owned()],
        };
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = DistinguishedName::new();
        if !name.is_empty() && name.len() <= COMMON_NAME_MAX {
            params.distinguished_name.push(DnType::CommonName, name);
        }
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        set_dates(&mut params, clock, CERTIFICATE_DAYS.days())?;
        let certificate = params.signed_by(&self.key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)?;
        Ok(CertifiedKey::new(vec![CertificateDer::from(certificate.der().to_vec())], key))
    }
}

impl ResolvesServerCert for Authority {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().unwrap_or_default().to_ascii_lowercase();
        // A certificate for any other name would be for nobody to trust, and a stranger's to fill the memory with.
        let name = match () {
            () if aws_names::contain(&name) => name,
            () if name.is_empty() || aws_names::is_below(&name, "localhost") => String::new(),
            () => {
                tracing::debug!(name, "no certificate is made for this name");
                return None;
            }
        };
        match self.certificate(&name) {
            Ok(certificate) => Some(certificate),
            Err(error) => {
                tracing::error!(name, error = format!("{error:#}"), "a certificate could not be made");
                None
            }
        }
    }
}

/// Certificate and key; none when one of them is not there.
fn read(folder: &Path) -> std::io::Result<Option<(String, String)>> {
    let text = |name| match fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    Ok(text(CERTIFICATE_FILE)?.zip(text(KEY_FILE)?))
}

fn make(folder: &Path, clock: &dyn Clock) -> anyhow::Result<(String, String)> {
    let key = KeyPair::generate()?;
    let certificate = authority_params(clock)?.self_signed(&key)?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let write = |name: &str, text: &str, mode| -> std::io::Result<()> {
        // Written beside and moved: what has the name is whole, and never readable by others on the way.
        let draft = folder.join(format!("{name}.{}", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(draft, folder.join(name))
    };
    let (pem, key) = (certificate.pem(), key.serialize_pem());
    write(KEY_FILE, &key, 0o600)?;
    write(CERTIFICATE_FILE, &pem, 0o644)?;
    Ok((pem, key))
}

fn authority_params(clock: &dyn Clock) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Cloudlet on this machine");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Whoever trusts it does so for these names alone (RFC 5280, section 4.2.1.10).
    let names = aws_names::ENDINGS.iter().copied().chain(["localhost"]);
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: names.map(|name| GeneralSubtree::DnsName(name.to_owned())).collect(),
        excluded_subtrees: Vec::new(),
    });
    set_dates(&mut params, clock, AUTHORITY_YEARS.years())?;
    Ok(params)
}

/// How long a certificate is good for: from yesterday, as clocks differ, to some time from now.
fn set_dates(params: &mut CertificateParams, clock: &dyn Clock, length: jiff::Span) -> anyhow::Result<()> {
    let today = Timestamp::from_second(clock.now().secs())?.to_zoned(TimeZone::UTC).date();
    let parts = |distance: jiff::Span| -> anyhow::Result<(i32, u8, u8)> {
        let day = today.checked_add(distance)?;
        Ok((i32::from(day.year()), u8::try_from(day.month())?, u8::try_from(day.day())?))
    };
    let ((year, month, day), last) = (parts((-1).days())?, parts(length)?);
    params.not_before = rcgen::date_time_ymd(year, month, day);
    params.not_after = rcgen::date_time_ymd(last.0, last.1, last.2);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use cloud::clock::SystemClock;
    use cloud::sandbox::Authority as _;

    use super::*;

    #[test]
    fn the_authority_stays_and_its_key_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("tls");
        let open = || Authority::new(place.clone(), Arc::new(SystemClock::default()));
        let first = open();
        assert!(!place.exists(), "nothing is made before it is needed");
        let pem = first.pem().unwrap();
        assert_eq!(open().pem().unwrap(), pem);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&place), mode(&place.join(KEY_FILE))), (0o700, 0o600));
        let one = first.certificate("sqs.us-east-1.amazonaws.com").unwrap();
        assert!(Arc::ptr_eq(&one, &first.certificate("sqs.us-east-1.amazonaws.com").unwrap()));
        fs::remove_file(place.join(KEY_FILE)).unwrap();
        assert_ne!(open().pem().unwrap(), pem);
    }
}
