"""Reading and writing: ranges, conditions, parts, copies, tags and what is not there."""

import hashlib
import io
import os

from boto3.s3.transfer import TransferConfig
from minio.commonconfig import CopySource, Tags
from minio.credentials import StaticProvider

from . import service
from .case import Proof

MEGABYTE = 1 << 20


class Bytes(Proof):
    def test_ranges(self):
        self.owner.put_object(Bucket="demo", Key="bytes/ten", Body=b"0123456789")
        self.owner.put_object(Bucket="demo", Key="bytes/none", Body=b"")
        for key, asked, status, body, range_ in [
            ("ten", "bytes=0-3", 206, b"0123", "bytes 0-3/10"),
            ("ten", "bytes=8-", 206, b"89", "bytes 8-9/10"),
            ("ten", "bytes=8-99", 206, b"89", "bytes 8-9/10"),
            ("ten", "bytes=-2", 206, b"89", "bytes 8-9/10"),
            ("ten", "bytes=-10", 206, b"0123456789", "bytes 0-9/10"),
            ("ten", "bytes=-11", 206, b"0123456789", "bytes 0-9/10"),
            ("ten", "bytes=-262144", 206, b"0123456789", "bytes 0-9/10"),
            ("ten", "bytes=10-", 416, None, "bytes */10"),
            ("ten", "bytes=-0", 416, None, "bytes */10"),
            ("none", "bytes=0-", 416, None, "bytes */0"),
            ("none", "bytes=-11", 200, b"", None),
        ]:
            with self.subTest(key, asked=asked):
                got = service.signed_fetch(f"/demo/bytes/{key}", Range=asked)
                head = service.signed_fetch(f"/demo/bytes/{key}", "HEAD", Range=asked)
                for answer in (got, head):
                    self.assertEqual((answer[0], answer[1]["content-range"]), (status, range_))
                if body is None:
                    self.assertIn(b"<Code>InvalidRange</Code>", got[2])
                else:
                    self.assertEqual(got[2], body)
                    self.assertEqual(int(head[1]["content-length"]), len(body))

    def test_conditions(self):
        one = {"Bucket": "demo", "Key": "bytes/conditions"}
        etag = self.owner.put_object(**one, Body=b"1")["ETag"]
        self.refuses("304", self.owner.get_object, **one, IfNoneMatch=etag)
        self.refuses("PreconditionFailed", self.owner.get_object, **one, IfMatch='"other"')
        self.refuses("PreconditionFailed", self.owner.put_object, **one, Body=b"2", IfNoneMatch="*")
        self.refuses("PreconditionFailed", self.owner.put_object, **one, Body=b"2", IfMatch='"other"')
        modified = self.owner.get_object(**one, IfMatch=etag)["LastModified"]
        self.refuses("304", self.owner.get_object, **one, IfModifiedSince=modified)
        self.owner.put_object(**one, Body=b"2", IfMatch=etag)
        self.reads(self.owner, one["Key"], b"2")

    def test_what_is_said_of_an_object(self):
        said = {
            "CacheControl": "no-cache", "ContentDisposition": "inline", "ContentEncoding": "identity",
            "ContentLanguage": "en", "ContentType": "text/x", "Metadata": {"a": "1", "b-c": "2"},
        }
        one = {"Bucket": "demo", "Key": "bytes/said"}
        self.owner.put_object(**one, Body=b"", Tagging="t=1&u=2", **said)
        for read in (self.owner.get_object(**one), self.owner.head_object(**one)):
            self.assertEqual({name: read[name] for name in said}, said)
        self.assertEqual(self.owner.get_object(**one)["TagCount"], 2)
        changed = self.owner.get_object(**one, ResponseContentType="text/y")
        self.assertEqual(changed["ContentType"], "text/y")

    def test_bodies_that_are_not_what_they_should_be(self):
        one = {"Bucket": "demo", "Key": "bytes/damaged"}
        for damage in ({"ContentMD5": "DMF1ucDxtqgxw5niaXcmYg=="}, {"ChecksumCRC32": "AAAAAA=="}, {"ChecksumSHA256": "A" * 43 + "="}):
            with self.subTest(**damage):
                self.refuses("BadDigest", self.owner.put_object, **one, Body=b"a", **damage)
        self.refuses("NoSuchKey", self.owner.get_object, **one)

    def test_checksums_are_kept(self):
        for algorithm, value in [
            ("CRC32", "6Le+Qw=="), ("CRC32C", "wdBDMA=="), ("SHA1", "hvfkN/qlp/zhXR3cuerq6jd2Z7g="),
            ("SHA256", "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="),
        ]:
            with self.subTest(algorithm):
                header = f"x-amz-checksum-{algorithm.lower()}"
                put = service.signed_fetch("/demo/bytes/checked", "PUT", b"a", **{header: value})
                self.assertEqual((put[0], put[1][header]), (200, value))
                got = service.signed_fetch("/demo/bytes/checked", x_amz_checksum_mode="ENABLED")
                self.assertEqual((got[1][header], got[2]), (value, b"a"))

    def test_parts(self):
        body = os.urandom(11 * MEGABYTE)
        one = {"Bucket": "demo", "Key": "bytes/parts/"}
        self.owner.upload_fileobj(
            io.BytesIO(body), *one.values(), Config=TransferConfig(multipart_chunksize=5 * MEGABYTE)
        )
        head = self.owner.head_object(**one)
        digests = [hashlib.md5(body[at : at + 5 * MEGABYTE]).digest() for at in range(0, len(body), 5 * MEGABYTE)]
        self.assertEqual(head["ETag"], f'"{hashlib.md5(b"".join(digests)).hexdigest()}-3"')
        self.reads(self.owner, one["Key"], body)
        part = self.owner.get_object(**one, PartNumber=3)
        self.assertEqual((part["PartsCount"], part["Body"].read()), (3, body[10 * MEGABYTE :]))

    def test_an_upload_is_made_of_copies_and_listed(self):
        self.owner.put_object(Bucket="demo", Key="bytes/source", Body=b"0123456789")
        upload = {"Bucket": "demo", "Key": "bytes/joined"}
        upload["UploadId"] = self.owner.create_multipart_upload(**upload, Metadata={"a": "1"})["UploadId"]
        copy = {**upload, "PartNumber": 7, "CopySource": "demo/bytes/source", "CopySourceRange": "bytes=2-4"}
        etag = self.owner.upload_part_copy(**copy)["CopyPartResult"]["ETag"]
        listed = self.owner.list_parts(**upload)["Parts"]
        self.assertEqual([(p["PartNumber"], p["ETag"], p["Size"]) for p in listed], [(7, etag, 3)])
        uploads = self.owner.list_multipart_uploads(Bucket="demo", Prefix="bytes/")["Uploads"]
        self.assertEqual([u["UploadId"] for u in uploads], [upload["UploadId"]])
        parts = {"Parts": [{"PartNumber": 7, "ETag": etag}]}
        self.owner.complete_multipart_upload(**upload, MultipartUpload=parts)
        self.reads(self.owner, "bytes/joined", b"234")
        self.refuses("NoSuchUpload", self.owner.abort_multipart_upload, **upload)

    def test_copies(self):
        self.owner.put_object(Bucket="demo", Key="bytes/ü +", Body=b"c", Metadata={"a": "1"}, Tagging="t=1")
        source = {"Bucket": "demo", "Key": "bytes/ü +"}
        copy = {"Bucket": "private", "Key": "copy/"}
        self.owner.copy_object(**copy, CopySource=source)
        self.assertEqual(self.owner.head_object(**copy)["Metadata"], {"a": "1"})
        self.owner.copy_object(**copy, CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"})
        self.assertEqual(self.owner.head_object(**copy)["Metadata"], {"b": "2"})
        self.refuses("InvalidRequest", self.owner.copy_object, **source, CopySource=source)
        self.refuses("NoSuchKey", self.owner.copy_object, **copy, CopySource="demo/bytes/nothing")

    def test_tags(self):
        one = {"Bucket": "demo", "Key": "bytes/tagged"}
        self.owner.put_object(**one, Body=b"", Tagging="a=1")
        self.assertEqual(self.owner.get_object_tagging(**one)["TagSet"], [{"Key": "a", "Value": "1"}])
        store = service.minio_py(StaticProvider("foobar", "foo12345"))
        tags = Tags.new_object_tags()
        tags["b"] = "ü 2"
        store.set_object_tags(*one.values(), tags)
        self.assertEqual(store.get_object_tags(*one.values()), {"b": "ü 2"})
        store.copy_object("demo", "bytes/tagged-copy", CopySource(*one.values()))
        self.assertEqual(store.get_object_tags("demo", "bytes/tagged-copy"), {"b": "ü 2"})
        self.owner.delete_object_tagging(**one)
        self.assertEqual(self.owner.get_object_tagging(**one)["TagSet"], [])
        self.refuses("NoSuchKey", self.owner.get_object_tagging, Bucket="demo", Key="bytes/nothing")

    def test_a_refusal_before_the_body_ends_the_connection_if_the_client_waits(self):
        for waits in ({"Expect": "100-continue"}, {}):
            with self.subTest(waits):
                keys = ("foobar", "wrong-secret")
                status, headers, _ = service.signed_fetch("/demo/bytes/x", "PUT", b"x", keys, **waits)
                self.assertEqual((status, headers["connection"]), (403, "close" if waits else None))

    def test_what_the_store_has_not(self):
        one = {"Bucket": "demo", "Key": "public/a.txt"}
        for call, parameters in [
            (self.owner.get_object_acl, one),
            (self.owner.get_bucket_versioning, {"Bucket": "demo"}),
            (self.owner.list_object_versions, {"Bucket": "demo"}),
            (self.owner.get_bucket_cors, {"Bucket": "demo"}),
        ]:
            with self.subTest(call.__name__):
                self.assertEqual(self.refuses("NotImplemented", call, **parameters), 501)
        self.refuses("NoSuchVersion", self.owner.get_object, **one, VersionId="v1")
