//! Files: what is too large for a row, kept in a folder or in a bucket of the S3 API. A file is written once and never changed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, RetryConfig};
use secrecy::{ExposeSecret, SecretString};

use super::auth::TenantId;

/// How long one request to a bucket may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where files are kept.
#[derive(Debug, Clone)]
pub enum FilesPlace {
    /// A folder of this machine, made when it is not there.
    Folder(PathBuf),
    /// A bucket that is there.
    Bucket(Bucket),
}

/// A bucket of the S3 API.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// The service's address, as `https://host`; empty for Amazon's own.
    pub endpoint: String,
    /// The bucket's name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// The key's identifier.
    pub access_key: String,
    /// The key.
    pub secret_key: SecretString,
}

/// Why a file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The place cannot be used as it is configured.
    #[error("files cannot be kept there: {0}")]
    Place(String),
    /// It did not work this time.
    #[error("the store of files failed: {0}")]
    Failed(String),
}

/// The name of a tenant's file: `<tenant>/<area>/<name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKey(String);

impl FileKey {
    /// The file `name` (letters, digits, `-` and `.`) in `area` of `tenant`.
    pub fn of(tenant: TenantId, area: &str, name: &str) -> Self {
        let plain = |text: &str| {
            text.chars().filter(|c| c.is_ascii_alphanumeric() || "-.".contains(*c)).collect::<String>()
        };
        Self(format!("{tenant}/{}/{}", plain(area), plain(name)))
    }

    /// As it is stored in a row.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The store; clones share it.
#[derive(Clone)]
pub struct Files(Arc<dyn ObjectStore>);

impl Files {
    /// The store at `place`.
    pub fn open(place: &FilesPlace) -> Result<Self, FilesError> {
        let refused = |error: &dyn std::fmt::Display| FilesError::Place(error.to_string());
        match place {
            FilesPlace::Folder(folder) => {
                std::fs::create_dir_all(folder).map_err(|error| refused(&error))?;
                let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| refused(&error))?;
                Ok(Self(Arc::new(store.with_automatic_cleanup(true).with_fsync(true))))
            }
            FilesPlace::Bucket(bucket) => {
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(&bucket.name)
                    .with_region(&bucket.region)
                    .with_access_key_id(&bucket.access_key)
                    .with_secret_access_key(bucket.secret_key.expose_secret())
                    .with_client_options(ClientOptions::new().with_timeout(TIMEOUT).with_allow_http(true))
                    .with_retry(RetryConfig {
                        max_retries: 3,
                        retry_timeout: TIMEOUT,
                        ..RetryConfig::default()
                    });
                if !bucket.endpoint.is_empty() {
                    builder = builder.with_endpoint(&bucket.endpoint);
                }
                Ok(Self(Arc::new(builder.build().map_err(|error| refused(&error))?)))
            }
        }
    }

    /// Keeps `content` under `key`; answers false when a file is there already, which stays as it is.
    pub async fn keep(&self, key: &FileKey, content: Vec<u8>) -> Result<bool, FilesError> {
        let once = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.0.put_opts(&Path::from(key.as_str()), content.into(), once).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(FilesError::Failed(error.to_string())),
        }
    }

    /// The content of a file; none when it is not there.
    pub async fn read(&self, key: &FileKey) -> Result<Option<Vec<u8>>, FilesError> {
        let failed = |error: object_store::Error| FilesError::Failed(error.to_string());
        match self.0.get(&Path::from(key.as_str())).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(failed)?.into())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;
    use crate::platform::id::Id;

    #[tokio::test]
    async fn a_file_is_written_once() {
        let folder = std::env::temp_dir().join(format!("cauce-files-{}", uuid::Uuid::now_v7()));
        let files = Files::open(&FilesPlace::Folder(folder.clone())).unwrap();
        let key = FileKey::of(Id::from(uuid::Uuid::nil()), "quotations", "../a b/c.pdf");
        assert_eq!(key.as_str(), "00000000-0000-0000-0000-000000000000/quotations/..abc.pdf");
        assert_eq!(files.read(&key).await.unwrap(), None);
        assert!(files.keep(&key, b"one".to_vec()).await.unwrap());
        assert!(!files.keep(&key, b"two".to_vec()).await.unwrap());
        assert_eq!(files.read(&key).await.unwrap().as_deref(), Some(&b"one"[..]));
        std::fs::remove_dir_all(folder).unwrap();
    }

    fn bucket(endpoint: &str, name: &str) -> Files {
        let bucket = Bucket {
            endpoint: endpoint.to_owned(),
            name: name.to_owned(),
            region: "us-east-1".to_owned(),
            access_key: "key".to_owned(),
            secret_key: "secret".to_owned().into(),
        };
        Files::open(&FilesPlace::Bucket(bucket)).unwrap()
    }

    #[tokio::test]
    async fn a_bucket_that_is_away_is_an_error() {
        let key = FileKey::of(Id::from(uuid::Uuid::nil()), "quotations", "a.pdf");
        let files = bucket("http://127.0.0.1:1", "cauce");
        assert!(matches!(files.read(&key).await, Err(FilesError::Failed(_))));
    }

    #[tokio::test]
    #[ignore = "installs PyPI's moto, which speaks the S3 API: `cargo test --lib -- --ignored written_once_to_a_bucket`"]
    async fn a_file_is_written_once_to_a_bucket() {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/s3.sh");
        let mut server =
            Command::new(script).arg("cauce").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let files = bucket(address.trim(), "cauce");
        let key =
            |number: usize| FileKey::of(Id::from(uuid::Uuid::nil()), "quotations", &format!("{number}.pdf"));

        assert_eq!(files.read(&key(0)).await.unwrap(), None);
        let large = vec![7; 8 * 1024 * 1024];
        assert!(files.keep(&key(0), large.clone()).await.unwrap());
        assert!(!files.keep(&key(0), b"another".to_vec()).await.unwrap());
        assert_eq!(files.read(&key(0)).await.unwrap(), Some(large));
        // Of many that write the same file at once, one does.
        let key = &key(1);
        let writes = (0..20_u8).map(|writer| {
            let files = files.clone();
            async move { files.keep(key, vec![writer; 64]).await.unwrap() }
        });
        let kept = futures_util::future::join_all(writes).await;
        assert_eq!(kept.iter().filter(|kept| **kept).count(), 1);
        let winner = kept.iter().position(|kept| *kept).and_then(|writer| u8::try_from(writer).ok());
        assert_eq!(files.read(key).await.unwrap(), Some(vec![winner.unwrap(); 64]));
        let elsewhere = bucket(address.trim(), "no-such-bucket");
        assert!(matches!(elsewhere.keep(key, Vec::new()).await, Err(FilesError::Failed(_))));

        drop(server.stdin.take());
        assert!(server.wait().unwrap().success());
    }
}
