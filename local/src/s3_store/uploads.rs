//! Uploads in parts on the disk: `BUCKET/uploads/ID/upload.json` says what becomes of the parts,
//! of each of which `NUMBER.json` names the file with the bytes.

use std::fs::{self, File};
use std::path::PathBuf;

use s3s::dto::Timestamp;
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::conditions::Conditions;
use super::digests::Checksums;
use super::disk::{Disk, keep, paths, read_all, read_json, remove_directory};
use super::record::{Description, Record};

/// The file of an [`Upload`]; not named like the JSON files of parts.
const UPLOAD: &str = "upload";

/// How many characters the id of an upload has.
const ID_LENGTH: usize = 32;

/// An object whose parts are arriving.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) key: String,
    pub(super) initiated: Timestamp,
    pub(super) description: Description,
}

/// A part that has arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) number: i32,
    /// The name of the file with the bytes.
    pub(super) file: String,
    pub(super) size: u64,
    pub(super) md5: String,
    pub(super) modified: Timestamp,
    pub(super) checksums: Checksums,
}

/// Which upload a request is about.
#[derive(Debug, Clone)]
pub(super) struct UploadName {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) id: String,
}

impl Disk {
    /// Begins an upload and returns its id.
    pub(super) fn create_upload(&self, bucket: &str, upload: &Upload) -> S3Result<String> {
        let _writing = self.writing();
        let uploads = self.bucket(bucket)?.join("uploads");
        fs::create_dir_all(&uploads).map_err(S3Error::internal_error)?;
        let mut builder = tempfile::Builder::new();
        let directory = builder
            .prefix("")
            .rand_bytes(ID_LENGTH)
            .tempdir_in(&uploads);
        let directory = directory.map_err(S3Error::internal_error)?;
        self.write_json(&directory.path().join(UPLOAD), upload)?;
        let directory = directory.keep();
        Ok(directory
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned())
    }

    /// An upload under way; `NoSuchUpload` if there is none.
    pub(super) fn upload(&self, name: &UploadName) -> S3Result<Upload> {
        let _reading = self.reading();
        Ok(self.directory(name)?.1)
    }

    /// Keeps a part, in place of an earlier one of its number. The bytes of that stay until the
    /// upload ends: it may be about to.
    pub(super) fn put_part(
        &self,
        name: &UploadName,
        mut part: Part,
        file: NamedTempFile,
    ) -> S3Result<()> {
        let _writing = self.writing();
        let (directory, _) = self.directory(name)?;
        let number = format!("{:05}", part.number);
        part.file = keep(file, &directory, &number)?;
        self.write_json(&directory.join(number).with_extension("json"), &part)
    }

    /// The parts that have arrived, in their order.
    pub(super) fn parts(&self, name: &UploadName) -> S3Result<Vec<Part>> {
        let _reading = self.reading();
        let mut parts = read_all::<Part>(&self.directory(name)?.0)?;
        parts.sort_unstable_by_key(|part| part.number);
        Ok(parts)
    }

    pub(super) fn open_part(&self, name: &UploadName, part: &Part) -> S3Result<File> {
        let _reading = self.reading();
        let path = self.directory(name)?.0.join(&part.file);
        File::open(path).map_err(S3Error::internal_error)
    }

    /// The uploads of a bucket with their ids, in the order of keys and ids.
    pub(super) fn uploads(&self, bucket: &str) -> S3Result<Vec<(String, Upload)>> {
        let _reading = self.reading();
        let mut uploads = Vec::new();
        for path in paths(&self.bucket(bucket)?.join("uploads"))? {
            let id = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            uploads.extend(read_json(&path.join(UPLOAD))?.map(|upload: Upload| (id, upload)));
        }
        uploads.sort_unstable_by(|(a, one), (b, other)| (&one.key, a).cmp(&(&other.key, b)));
        Ok(uploads)
    }

    /// Makes the bytes of all parts the object of `record`, and ends the upload.
    pub(super) fn complete_upload(
        &self,
        name: &UploadName,
        record: Record,
        file: NamedTempFile,
        conditions: &Conditions,
    ) -> S3Result<()> {
        let _writing = self.writing();
        let (directory, _) = self.directory(name)?;
        self.replace(&name.bucket, record, file, conditions)?;
        remove_directory(&directory)
    }

    /// Forgets an upload and its parts.
    pub(super) fn abort_upload(&self, name: &UploadName) -> S3Result<()> {
        let _writing = self.writing();
        remove_directory(&self.directory(name)?.0)
    }

    fn directory(&self, name: &UploadName) -> S3Result<(PathBuf, Upload)> {
        let missing = || {
            s3_error!(
                NoSuchUpload,
                "The specified multipart upload does not exist. It may have been aborted or completed."
            )
        };
        let uploads = self.bucket(&name.bucket)?.join("uploads");
        let is_id =
            name.id.len() == ID_LENGTH && name.id.chars().all(|c| c.is_ascii_alphanumeric());
        if !is_id {
            return Err(missing());
        }
        let directory = uploads.join(&name.id);
        let upload: Option<Upload> = read_json(&directory.join(UPLOAD))?;
        let upload = upload.filter(|upload| upload.key == name.key);
        Ok((directory, upload.ok_or_else(missing)?))
    }
}
