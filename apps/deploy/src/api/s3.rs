//! S3: the deployment bucket.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use md5::{Digest, Md5};

use super::{Api, Call, Endpoint, Error, broken, encode, encode_path, xml};

/// The most keys that DeleteObjects takes.
const DELETE_MAX: usize = 1000;

/// An object in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// When it was written.
    pub last_modified: String,
}

/// An object to write.
#[derive(Debug)]
pub struct Put<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// The content.
    pub body: Bytes,
    /// `application/zip`.
    pub content_type: &'a str,
    /// What is kept as `x-amz-meta-filesha256`.
    pub file_sha256: &'a str,
    /// Further headers, for encryption.
    pub headers: Vec<(&'static str, String)>,
}

impl Api {
    fn bucket_call<'a>(&self, method: Method, bucket: &'a str, key: &str, query: String) -> Call<'a> {
        // Names with dots do not fit the certificate of AWS, so they stay in the path, as everywhere else.
        let in_host = self.endpoint == Endpoint::Aws && !bucket.contains('.');
        let path = match in_host {
            true => format!("/{}", encode_path(key)),
            false => format!("/{bucket}/{}", encode_path(key)),
        };
        Call {
            service: "s3",
            method,
            subdomain: in_host.then_some(bucket),
            path,
            query,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// Whether a bucket is there and may be used.
    pub async fn head_bucket(&self, bucket: &str) -> Result<bool, Error> {
        match self.call(self.bucket_call(Method::HEAD, bucket, "", String::new())).await {
            Ok(_) => Ok(true),
            Err(error) if error.status == 404 => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All objects whose keys begin with a prefix.
    pub async fn list_objects(&self, bucket: &str, prefix: &str) -> Result<Vec<Object>, Error> {
        let mut objects = Vec::new();
        let mut token = String::new();
        loop {
            // Sorted, as signatures want it.
            let mut query = String::new();
            if !token.is_empty() {
                query = format!("continuation-token={}&", encode(&token));
            }
            query.push_str(&format!("list-type=2&prefix={}", encode(prefix)));
            let response = self.call(self.bucket_call(Method::GET, bucket, "", query)).await?;
            let page = xml::parse(response.body()).map_err(|error| broken("s3", &error))?;
            let contents = page.children.iter().filter(|child| child.name == "Contents");
            objects.extend(contents.map(|object| Object {
                key: object.text_of("Key"),
                last_modified: object.text_of("LastModified"),
            }));
            token = page.text_of("NextContinuationToken");
            if token.is_empty() {
                return Ok(objects);
            }
        }
    }

    /// The metadata (`x-amz-meta-...`) of an object.
    pub async fn head_object(&self, bucket: &str, key: &str) -> Result<BTreeMap<String, String>, Error> {
        let response = self.call(self.bucket_call(Method::HEAD, bucket, key, String::new())).await?;
        let metadata = response.headers().iter().filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("x-amz-meta-")?;
            Some((name.to_owned(), value.to_str().ok()?.to_owned()))
        });
        Ok(metadata.collect())
    }

    /// An object's content; `None` when there is no such object.
    pub async fn get_object(&self, bucket: &str, key: &str) -> Result<Option<Bytes>, Error> {
        match self.call(self.bucket_call(Method::GET, bucket, key, String::new())).await {
            Ok(response) => Ok(Some(response.into_body())),
            Err(error) if error.code == "NoSuchKey" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes an object.
    pub async fn put_object(&self, put: Put<'_>) -> Result<(), Error> {
        let mut call = self.bucket_call(Method::PUT, put.bucket, put.key, String::new());
        call.headers = put.headers;
        call.headers.push(("content-type", put.content_type.to_owned()));
        call.headers.push(("x-amz-meta-filesha256", put.file_sha256.to_owned()));
        call.body = put.body;
        self.call(call).await.map(drop)
    }

    /// Deletes objects; the first one that cannot be deleted is the error.
    pub async fn delete_objects(&self, bucket: &str, keys: &[String]) -> Result<(), Error> {
        for keys in keys.chunks(DELETE_MAX) {
            let objects: String =
                keys.iter().map(|key| format!("<Object><Key>{}</Key></Object>", xml::escape(key))).collect();
            let body = format!(
                "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{objects}<Quiet>true</Quiet></Delete>"
            );
            let mut call = self.bucket_call(Method::POST, bucket, "", "delete=".to_owned());
            call.headers.push(("content-type", "application/xml".to_owned()));
            // DeleteObjects wants a checksum of the list.
            call.headers.push(("content-md5", STANDARD.encode(Md5::digest(body.as_bytes()))));
            call.body = Bytes::from(body);
            let response = self.call(call).await?;
            let answer = xml::parse(response.body()).map_err(|error| broken("s3", &error))?;
            if let Some(error) = answer.child("Error") {
                let message = format!("cannot delete {}: {}", error.text_of("Key"), error.text_of("Message"));
                return Err(Error { code: error.text_of("Code"), message, status: 200 });
            }
        }
        Ok(())
    }
}
