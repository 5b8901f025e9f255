//! TLS on the port: files that change, clients with certificates, clients without TLS.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aileron_idl::admin::GetVersionRequest;
use aileron_idl::service::admin_service_client::AdminServiceClient;
use aileron_server::{OpenError, Server, Settings, TlsFiles};
use aileron_storage::Storage;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};

use crate::database;
use crate::harness::Nobody;

/// An authority that signs certificates of one name.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate and its key.
    fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    fn serve(&self, folder: &Path) {
        let (certificate, key) = self.sign("localhost");
        write_key(folder, &key);
        std::fs::write(folder.join("tls.crt"), certificate).unwrap();
    }
}

/// Its owner's alone, or it would not be taken.
fn write_key(folder: &Path, key: &str) {
    let path = folder.join("tls.key");
    std::fs::write(&path, key).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn files(folder: &Path) -> TlsFiles {
    TlsFiles {
        certificate: folder.join("tls.crt"),
        key: folder.join("tls.key"),
        client_authorities: Some(folder.join("ca.crt")),
    }
}

async fn open(folder: &Path) -> Result<Server, OpenError> {
    let storage = Storage::folder(&folder.join("objects")).unwrap();
    let mut settings = Settings::new(folder, "https://public.test", storage);
    settings.database = database::fresh(folder);
    settings.tls = Some(files(folder));
    Server::open(settings, Arc::new(Nobody)).await
}

async fn start(folder: &Path) -> (SocketAddr, DropGuard) {
    let server = open(folder).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move { server.serve(listener, server.router(), asked.cancelled_owned()).await });
    (address, stop.drop_guard())
}

/// The version, asked by who trusts an authority.
async fn ask(
    address: SocketAddr,
    trusted: &Authority,
    own: Option<(String, String)>,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(trusted.0.pem()))
        .domain_name("localhost");
    if let Some((certificate, key)) = own {
        tls = tls.identity(Identity::from_pem(certificate, key));
    }
    let channel = Channel::from_shared(format!("https://{address}"))?.tls_config(tls)?.connect().await?;
    AdminServiceClient::new(channel).get_version(GetVersionRequest {}).await?;
    Ok(())
}

#[tokio::test]
async fn new_files_are_served_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (Authority::new(), Authority::new());
    std::fs::write(folder.path().join("ca.crt"), old.0.pem()).unwrap();
    old.serve(folder.path());
    let (address, _stop) = start(folder.path()).await;
    ask(address, &old, None).await.unwrap();
    assert!(ask(address, &new, None).await.is_err());

    new.serve(folder.path());
    let renewed = async {
        while ask(address, &new, None).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), renewed).await.unwrap();
}

#[tokio::test]
async fn only_certificates_of_the_authority_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (own, strange) = (Authority::new(), Authority::new());
    std::fs::write(folder.path().join("ca.crt"), own.0.pem()).unwrap();
    own.serve(folder.path());
    let (address, _stop) = start(folder.path()).await;
    ask(address, &own, Some(own.sign("propeller"))).await.unwrap();
    ask(address, &own, None).await.unwrap();
    assert!(ask(address, &own, Some(strange.sign("propeller"))).await.is_err());
    // Nor is anything answered without TLS.
    let plain = Channel::from_shared(format!("http://{address}")).unwrap().connect().await;
    let answer = match plain {
        Ok(channel) => AdminServiceClient::new(channel).get_version(GetVersionRequest {}).await.map(drop),
        Err(error) => Err(tonic::Status::unavailable(error.to_string())),
    };
    assert!(answer.is_err());
}

#[tokio::test]
async fn files_that_cannot_be_used_are_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.serve(folder.path());
    let told = |error: OpenError| format!("{:#}", anyhow::Error::from(error));
    let told_by = async || told(open(folder.path()).await.err().unwrap());
    assert!(told_by().await.contains("ca.crt; it must have PEM of certificates"), "{}", told_by().await);
    std::fs::write(folder.path().join("ca.crt"), "no PEM").unwrap();
    assert!(told_by().await.contains("ca.crt has no PEM of certificates"), "{}", told_by().await);
    std::fs::write(folder.path().join("ca.crt"), authority.0.pem()).unwrap();
    write_key(folder.path(), &authority.sign("localhost").1);
    assert!(told_by().await.contains("cannot be used together"), "{}", told_by().await);
}
