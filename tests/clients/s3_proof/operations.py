"""What a session may do on the gateway: everything that it was given, and nothing else."""

import io
import os
import tempfile

import boto3
import minio
from minio.credentials import StaticProvider
from minio.deleteobjects import DeleteObject

from . import service
from .case import allow, by_every_action, policy

MEGABYTE = 1 << 20


@by_every_action
class Operations:
    """What a session may do with one folder of a bucket, and with nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine = cls.store(Policy=policy(
            allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "demo/mine/*"),
            allow("s3:AbortMultipartUpload", "demo/mine/*"),
            {**allow("s3:ListBucket", "demo"), "Condition": {"StringLike": {"s3:prefix": "mine/*"}}},
        ))

    def test_put_get_head_delete(self):
        one = {"Bucket": "demo", "Key": "mine/1 +ü.txt"}
        self.mine.put_object(**one, Body=b"1")
        self.assertEqual(self.mine.get_object(**one)["Body"].read(), b"1")
        self.assertEqual(self.mine.head_object(**one)["ContentLength"], 1)
        self.mine.delete_object(**one)
        self.refuses("NoSuchKey", self.mine.get_object, **one)

    def test_nothing_else(self):
        other = {"Bucket": "demo", "Key": "public/a.txt"}
        for call, parameters in [
            (self.mine.get_object, other),
            (self.mine.head_object, other),
            (self.mine.put_object, {**other, "Body": b"x"}),
            (self.mine.delete_object, other),
            (self.mine.get_object_acl, {"Bucket": "demo", "Key": "mine/1"}),
            (self.mine.get_bucket_policy, {"Bucket": "demo"}),
            (self.mine.delete_bucket, {"Bucket": "demo"}),
            (self.mine.create_bucket, {"Bucket": "another"}),
            (self.mine.list_buckets, {}),
            (self.mine.get_object, {"Bucket": "private", "Key": "secret.txt"}),
            (self.mine.create_multipart_upload, other),
            (self.mine.put_object, {"Bucket": "demo", "Key": "mine/1", "ACL": "public-read", "Body": b"x"}),
        ]:
            with self.subTest(call.__name__, **parameters):
                self.assertEqual(self.refuses("AccessDenied", call, **parameters), 403)
        self.reads(self.owner)

    def test_list_needs_the_prefix(self):
        self.mine.put_object(Bucket="demo", Key="mine/listed", Body=b"")
        found = self.mine.list_objects_v2(Bucket="demo", Prefix="mine/l")
        self.assertEqual([o["Key"] for o in found["Contents"]], ["mine/listed"])
        for prefix in ("", "public/", "m", "MINE/"):
            with self.subTest(prefix):
                self.refuses("AccessDenied", self.mine.list_objects_v2, Bucket="demo", Prefix=prefix)

    def test_many_are_deleted_if_each_may_be(self):
        keys = ["mine/d1", "mine/d2"]
        for key in keys:
            self.mine.put_object(Bucket="demo", Key=key, Body=b"")
        mixed = {"Objects": [{"Key": key} for key in [*keys, "public/a.txt"]]}
        self.refuses("AccessDenied", self.mine.delete_objects, Bucket="demo", Delete=mixed)
        self.reads(self.mine, "mine/d1", b"")
        self.reads(self.owner)
        allowed = {"Objects": [{"Key": key} for key in keys]}
        done = self.mine.delete_objects(Bucket="demo", Delete=allowed)
        self.assertEqual(sorted(o["Key"] for o in done["Deleted"]), keys)

    def test_minio_py_deletes_many(self):
        keys = self.action.issue(Policy=policy(allow(["s3:PutObject", "s3:DeleteObject"], "demo/mine/*")))
        store = service.minio_py(StaticProvider(*keys))
        store.put_object("demo", "mine/m1", io.BytesIO(b"1"), 1)
        self.assertEqual(list(store.remove_objects("demo", [DeleteObject("mine/m1")])), [])
        with self.assertRaisesRegex(minio.error.S3Error, "AccessDenied"):
            list(store.remove_objects("demo", [DeleteObject("public/a.txt")]))

    def test_a_copy_needs_its_source(self):
        self.mine.put_object(Bucket="demo", Key="mine/source", Body=b"s")
        self.mine.copy_object(Bucket="demo", Key="mine/copy", CopySource="demo/mine/source")
        self.reads(self.mine, "mine/copy", b"s")
        for source in ("private/secret.txt", "demo/public/a.txt", "/private/secret.txt"):
            with self.subTest(source):
                copy = {"Bucket": "demo", "Key": "mine/stolen", "CopySource": source}
                self.refuses("AccessDenied", self.mine.copy_object, **copy)
        self.refuses("NoSuchKey", self.owner.get_object, Bucket="demo", Key="mine/stolen")

    def test_a_copied_part_needs_its_source(self):
        upload = {"Bucket": "demo", "Key": "mine/parts"}
        upload["UploadId"] = self.mine.create_multipart_upload(**upload)["UploadId"]
        copy = {**upload, "PartNumber": 1, "CopySource": "private/secret.txt"}
        self.refuses("AccessDenied", self.mine.upload_part_copy, **copy)
        self.mine.abort_multipart_upload(**upload)

    def test_eleven_megabytes_in_parts(self):
        body = os.urandom(11 * MEGABYTE)
        with tempfile.NamedTemporaryFile() as file:
            file.write(body)
            file.flush()
            self.mine.upload_file(file.name, "demo", "mine/big")
            with self.assertRaises(boto3.exceptions.S3UploadFailedError):
                self.mine.upload_file(file.name, "demo", "public/big")
        self.assertEqual(self.mine.head_object(Bucket="demo", Key="mine/big")["ContentLength"], len(body))
        self.reads(self.mine, "mine/big", body)

    def test_keys_that_look_alike_are_different(self):
        self.mine.put_object(Bucket="demo", Key="mine/alike", Body=b"mine")
        for key, body in [("mine/alike/", b"folder"), ("mine//alike", b"double")]:
            self.refuses("NoSuchKey", self.mine.get_object, Bucket="demo", Key=key)
            self.mine.put_object(Bucket="demo", Key=key, Body=body)
            self.reads(self.mine, key, body)
            self.mine.delete_object(Bucket="demo", Key=key)
        self.reads(self.mine, "mine/alike", b"mine")
        for key in ("/mine/alike", "/private/secret.txt", "mine", "mine\\alike"):
            with self.subTest(key):
                self.refuses("AccessDenied", self.mine.get_object, Bucket="demo", Key=key)
                self.refuses("NoSuchKey", self.owner.get_object, Bucket="demo", Key=key)
        for key in ("mine/../../private/secret.txt", "mine/..", "mine/./alike"):
            with self.subTest(key):
                self.refuses("InvalidURI", self.owner.get_object, Bucket="demo", Key=key)
