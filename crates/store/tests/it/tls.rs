//! Encrypted connections to a PostgreSQL server: what each `sslmode` accepts.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use store::Error;

use crate::pgserver::Server;

/// A server whose certificate is for `localhost` alone, and the file of the root that signed it.
async fn server() -> Option<(Server, String)> {
    let key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, key).unwrap();
    let own = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&own, &root).unwrap();
    let server = Server::encrypted(&certificate.pem(), &own.serialize_pem()).await?;
    let file = server.folder().join("root.pem");
    std::fs::write(&file, root.pem()).unwrap();
    Some((server, file.display().to_string()))
}

/// The error of opening a store; none when it opens.
async fn refusal(url: &str) -> Option<Error> {
    match store::postgres::open(url).await {
        Ok(store) => {
            store.close().await.unwrap();
            None
        }
        Err(error) => Some(error),
    }
}

#[tokio::test]
async fn each_sslmode_accepts_what_libpq_accepts() {
    let Some((server, root)) = server().await else { return };
    let url = |host: &str, more: &str| {
        format!("postgres://cloudlet@{host}:{}/postgres?{more}", server.port().unwrap())
    };
    let other = other_root(server.folder());
    let cases = [
        // The server takes no plain connection on its port, so that a connection is proof of the handshake.
        ("localhost", "sslmode=disable".to_owned(), false),
        ("localhost", "sslmode=require".to_owned(), true),
        ("127.0.0.1", "sslmode=require".to_owned(), true),
        ("localhost", format!("sslmode=verify-full&sslrootcert={root}"), true),
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={root}"), false),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={root}"), true),
        ("localhost", format!("sslmode=verify-full&sslrootcert={other}"), false),
        ("localhost", format!("sslmode=verify-ca&sslrootcert={other}"), false),
        ("localhost", "sslmode=verify-full&sslrootcert=/nothing.pem".to_owned(), false),
    ];
    let asked = cases.iter().map(|(host, more, _)| {
        let url = url(host, more);
        async move { refusal(&url).await }
    });
    let refused = futures::future::join_all(asked).await;
    for ((host, more, is_accepted), refused) in cases.iter().zip(refused) {
        assert_eq!(refused.is_none(), *is_accepted, "{host} {more}: {refused:?}");
    }
}

/// A root that has signed nothing.
fn other_root(folder: &Path) -> String {
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let file = folder.join("other.pem");
    std::fs::write(&file, root.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()).unwrap();
    file.display().to_string()
}

/// A server without encryption is not spoken to when encryption is asked for.
#[tokio::test]
async fn no_encryption_is_a_refusal() {
    let Some(server) = Server::plain_port().await else { return };
    let url = format!("postgres://cloudlet@localhost:{}/postgres?", server.port().unwrap());
    assert!(refusal(&format!("{url}sslmode=require")).await.is_some());
    assert!(refusal(&format!("{url}sslmode=prefer")).await.is_none());
}
