//! Where buckets and objects are on the disk.
//!
//! `BUCKET/objects/DIGEST.json` is the record of an object and names the file beside it that
//! has the bytes. Uploads in parts are in `BUCKET/uploads`, what is not whole yet in `.writing`.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use ring::digest::{SHA256, digest};
use s3s::dto::Timestamp;
use s3s::path::check_bucket_name;
use s3s::{S3Error, S3Result, s3_error};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::NamedTempFile;

use super::conditions::Conditions;
use super::record::Record;

/// What is not whole yet; no bucket has a name that begins with a dot.
const WRITING: &str = ".writing";

/// The directory of a store. Everything blocks.
#[derive(Debug)]
pub(super) struct Disk {
    root: PathBuf,
    /// Held to change what readers see, and to read what belongs together.
    lock: RwLock<()>,
}

impl Disk {
    /// Opens a directory, and makes it if there is none. What another process has left half
    /// written is removed.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        let writing = root.join(WRITING);
        if writing.exists() {
            fs::remove_dir_all(&writing)?;
        }
        fs::create_dir_all(&writing)?;
        Ok(Self {
            root: root.to_owned(),
            lock: RwLock::new(()),
        })
    }

    /// A file for bytes that are arriving.
    pub(super) fn new_file(&self) -> S3Result<NamedTempFile> {
        let file = tempfile::Builder::new()
            .prefix("")
            .rand_bytes(16)
            .tempfile_in(self.root.join(WRITING));
        file.map_err(S3Error::internal_error)
    }

    /// Names and times of making of all buckets, in order.
    pub(super) fn buckets(&self) -> S3Result<Vec<(String, Timestamp)>> {
        let _reading = self.reading();
        let mut buckets = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(S3Error::internal_error)? {
            let entry = entry.map_err(S3Error::internal_error)?;
            let metadata = entry.metadata().map_err(S3Error::internal_error)?;
            let name = entry.file_name().into_string().unwrap_or_default();
            if metadata.is_dir() && check_bucket_name(&name) {
                let made = metadata.created().or_else(|_| metadata.modified());
                buckets.push((name, made.map_err(S3Error::internal_error)?.into()));
            }
        }
        buckets.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(buckets)
    }

    /// The directory of a bucket; `NoSuchBucket` if there is none.
    pub(super) fn bucket(&self, name: &str) -> S3Result<PathBuf> {
        let path = self.root.join(name);
        if check_bucket_name(name) && path.is_dir() {
            Ok(path)
        } else {
            Err(s3_error!(
                NoSuchBucket,
                "The specified bucket does not exist"
            ))
        }
    }

    pub(super) fn create_bucket(&self, name: &str) -> S3Result<()> {
        if !check_bucket_name(name) {
            return Err(s3_error!(InvalidBucketName));
        }
        let _writing = self.writing();
        match fs::create_dir(self.root.join(name)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(s3_error!(BucketAlreadyOwnedByYou, "The bucket exists."))
            }
            other => other.map_err(S3Error::internal_error),
        }
    }

    /// Deletes a bucket without objects, and its unfinished uploads.
    pub(super) fn delete_bucket(&self, name: &str) -> S3Result<()> {
        let _writing = self.writing();
        let bucket = self.bucket(name)?;
        let not_empty = || {
            s3_error!(
                BucketNotEmpty,
                "The bucket you tried to delete is not empty"
            )
        };
        if !read_all::<Record>(&bucket.join("objects"))?.is_empty() {
            return Err(not_empty());
        }
        for directory in ["objects", "uploads"] {
            remove_directory(&bucket.join(directory))?;
        }
        match fs::remove_dir(&bucket) {
            // Something that is not of this store.
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Err(not_empty()),
            other => other.map_err(S3Error::internal_error),
        }
    }

    /// The record of an object; `NoSuchKey` or `NoSuchBucket` if there is none.
    pub(super) fn record(&self, bucket: &str, key: &str) -> S3Result<Record> {
        let _reading = self.reading();
        self.existing(bucket, key)
    }

    /// An object with the file that has its bytes, which stays readable whatever becomes of it.
    pub(super) fn open_object(&self, bucket: &str, key: &str) -> S3Result<(Record, File)> {
        let _reading = self.reading();
        let record = self.existing(bucket, key)?;
        let path = self.objects(bucket)?.join(&record.file);
        let file = File::open(path).map_err(S3Error::internal_error)?;
        Ok((record, file))
    }

    /// The records of a bucket, in the order of their keys.
    pub(super) fn records(&self, bucket: &str) -> S3Result<Vec<Record>> {
        let _reading = self.reading();
        let mut records = read_all::<Record>(&self.objects(bucket)?)?;
        records.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Ok(records)
    }

    /// Makes bytes the object of `record`, in place of one that `conditions` allow to replace.
    pub(super) fn put(
        &self,
        bucket: &str,
        record: Record,
        file: NamedTempFile,
        conditions: &Conditions,
    ) -> S3Result<()> {
        let _writing = self.writing();
        self.replace(bucket, record, file, conditions)
    }

    /// [`Self::put`], for who holds the lock.
    pub(super) fn replace(
        &self,
        bucket: &str,
        mut record: Record,
        file: NamedTempFile,
        conditions: &Conditions,
    ) -> S3Result<()> {
        let objects = self.objects(bucket)?;
        let replaced = self.current(bucket, &record.key)?;
        conditions.check_write(replaced.as_ref())?;
        fs::create_dir_all(&objects).map_err(S3Error::internal_error)?;
        record.file = keep(file, &objects, &name_of(&record.key))?;
        self.write_json(&objects.join(record_of(&record.key)), &record)?;
        match replaced {
            None => Ok(()),
            Some(replaced) => remove_file(&objects.join(replaced.file)),
        }
    }

    pub(super) fn replace_tags(
        &self,
        bucket: &str,
        key: &str,
        tags: Vec<(String, String)>,
    ) -> S3Result<()> {
        let _writing = self.writing();
        let mut record = self.existing(bucket, key)?;
        record.description.tags = tags;
        self.write_json(&self.objects(bucket)?.join(record_of(key)), &record)
    }

    /// Deletes an object, if there is one.
    pub(super) fn delete(&self, bucket: &str, key: &str, conditions: &Conditions) -> S3Result<()> {
        let _writing = self.writing();
        let current = self.current(bucket, key)?;
        conditions.check_write(current.as_ref())?;
        let Some(record) = current else {
            return Ok(());
        };
        let objects = self.objects(bucket)?;
        remove_file(&objects.join(record_of(key)))?;
        remove_file(&objects.join(record.file))
    }

    /// Replaces a JSON file as a whole.
    pub(super) fn write_json(&self, path: &Path, value: &impl Serialize) -> S3Result<()> {
        let file = self.new_file()?;
        serde_json::to_writer(&file, value).map_err(S3Error::internal_error)?;
        file.persist(path).map_err(S3Error::internal_error)?;
        Ok(())
    }

    pub(super) fn reading(&self) -> RwLockReadGuard<'_, ()> {
        self.lock.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn writing(&self) -> RwLockWriteGuard<'_, ()> {
        self.lock.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn objects(&self, bucket: &str) -> S3Result<PathBuf> {
        Ok(self.bucket(bucket)?.join("objects"))
    }

    fn current(&self, bucket: &str, key: &str) -> S3Result<Option<Record>> {
        read_json(&self.objects(bucket)?.join(record_of(key)))
    }

    fn existing(&self, bucket: &str, key: &str) -> S3Result<Record> {
        let missing = || s3_error!(NoSuchKey, "The specified key does not exist.");
        self.current(bucket, key)?.ok_or_else(missing)
    }
}

/// The names of an object's files begin with this. Keys can be longer than names of files, and
/// file systems read some of their characters in their own ways.
fn name_of(key: &str) -> String {
    hex::encode(digest(&SHA256, key.as_bytes()))
}

fn record_of(key: &str) -> String {
    format!("{}.json", name_of(key))
}

/// Moves a file to `directory`, under a new name that begins with `prefix`, and returns that.
pub(super) fn keep(file: NamedTempFile, directory: &Path, prefix: &str) -> S3Result<String> {
    let random = file.path().file_name().unwrap_or_default();
    let name = format!("{prefix}.{}", random.to_string_lossy());
    file.persist(directory.join(&name))
        .map_err(S3Error::internal_error)?;
    Ok(name)
}

/// Reads a JSON file, if there is one.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> S3Result<Option<T>> {
    match fs::read(path) {
        Ok(json) => serde_json::from_slice(&json)
            .map(Some)
            .map_err(S3Error::internal_error),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(S3Error::internal_error(error)),
    }
}

/// Reads the JSON files of a directory; nothing if there is no directory.
pub(super) fn read_all<T: DeserializeOwned>(directory: &Path) -> S3Result<Vec<T>> {
    let mut values = Vec::new();
    for path in paths(directory)? {
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            values.extend(read_json(&path)?);
        }
    }
    Ok(values)
}

/// What is in a directory; nothing if there is none.
pub(super) fn paths(directory: &Path) -> S3Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(S3Error::internal_error(error)),
    };
    let paths: io::Result<_> = entries.map(|entry| Ok(entry?.path())).collect();
    paths.map_err(S3Error::internal_error)
}

pub(super) fn remove_directory(path: &Path) -> S3Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(S3Error::internal_error(error)),
        _ => Ok(()),
    }
}

fn remove_file(path: &Path) -> S3Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(S3Error::internal_error(error)),
        _ => Ok(()),
    }
}
