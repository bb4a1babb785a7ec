"""Keys are names in a flat space, whatever is in them."""

import io

from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.credentials import StaticProvider

from . import service
from .case import Proof
from .credentials import AssumeRole

LONGEST = "k" * 1024
KEYS = [
    "a", "/a", "a/", "a//b", "a/b", "a/b/", "//", " a ", "a b+%2F?c=d&e", "ü/日本/😀", "A",
    "a:*\\\"<>|'", "x.json", "x/...", "..x", LONGEST, "l/" * 512,
]


class Keys(Proof):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = service.s3(AssumeRole().issue())
        cls.store.create_bucket(Bucket="keys")
        cls.addClassCleanup(cls.store.delete_bucket, Bucket="keys")

    def listed(self):
        pages = self.store.get_paginator("list_objects_v2").paginate(Bucket="keys", PaginationConfig={"PageSize": 4})
        return [o["Key"] for page in pages for o in page.get("Contents", [])]

    def test_every_key_is_an_object_of_its_own(self):
        for key in KEYS:
            self.store.put_object(Bucket="keys", Key=key, Body=key.encode())
        for key in KEYS:
            with self.subTest(key):
                one = {"Bucket": "keys", "Key": key}
                self.assertEqual(self.store.get_object(**one)["Body"].read(), key.encode())
                self.assertEqual(self.store.head_object(**one)["ContentLength"], len(key.encode()))
        self.assertEqual(self.listed(), sorted(KEYS, key=str.encode))
        for number, key in enumerate(KEYS, 1):
            with self.subTest(key):
                self.store.delete_object(Bucket="keys", Key=key)
                self.assertEqual(len(self.listed()), len(KEYS) - number)

    def test_a_key_of_more_than_1024_bytes(self):
        for key in (LONGEST + "k", "ü" * 513):
            status = self.refuses("InvalidURI", self.store.put_object, Bucket="keys", Key=key, Body=b"")
            self.assertEqual(status, 400)

    def test_a_common_prefix_is_not_there(self):
        self.store.put_object(Bucket="keys", Key="dir/sub/file", Body=b"1")
        for key in ("dir", "dir/", "dir/sub", "dir/sub/"):
            for call in (self.store.get_object, self.store.head_object):
                with self.subTest(key, call=call.__name__):
                    self.assertEqual(self.refuses("NoSuchKey", call, Bucket="keys", Key=key), 404)
        self.store.delete_object(Bucket="keys", Key="dir/sub/file")

    def test_a_marker_of_a_directory(self):
        """What file systems on S3 do: an empty object for a directory, which goes and comes."""
        for key in ("warehouse/", "warehouse/table/"):
            self.store.put_object(Bucket="keys", Key=key, Body=b"")
        self.store.put_object(Bucket="keys", Key="warehouse/table/data", Body=b"1")
        self.assertEqual(self.store.head_object(Bucket="keys", Key="warehouse/")["ContentLength"], 0)
        top = self.store.list_objects_v2(Bucket="keys", Prefix="warehouse/", Delimiter="/")
        self.assertEqual([o["Key"] for o in top["Contents"]], ["warehouse/"])
        self.assertEqual([p["Prefix"] for p in top["CommonPrefixes"]], ["warehouse/table/"])
        self.store.delete_object(Bucket="keys", Key="warehouse/")
        self.assertEqual(self.listed(), ["warehouse/table/", "warehouse/table/data"])
        rest = {"Objects": [{"Key": key} for key in ("warehouse/table/", "warehouse/table/data", "never/")]}
        done = self.store.delete_objects(Bucket="keys", Delete=rest)
        self.assertEqual(len(done["Deleted"]), 3)
        self.assertEqual(self.listed(), [])

    def test_minio_py(self):
        store = service.minio_py(StaticProvider(*AssumeRole().issue()))
        keys = ["dir/", "dir/1", "dir/ü 2+", "other"]
        for key in keys:
            store.put_object("keys", key, io.BytesIO(key.encode()), len(key.encode()))
            self.assertEqual(store.get_object("keys", key).data, key.encode())
            self.assertEqual(store.stat_object("keys", key).size, len(key.encode()))
        self.assertEqual([o.object_name for o in store.list_objects("keys")], ["other", "dir/"])
        self.assertEqual([o.object_name for o in store.list_objects("keys", recursive=True)], keys)
        self.assertEqual(
            [o.object_name for o in store.list_objects("keys", prefix="dir/1", recursive=True)], ["dir/1"]
        )
        self.assertEqual(
            [o.object_name for o in store.list_objects("keys", start_after="dir/1", recursive=True)], keys[2:]
        )
        with self.assertRaisesRegex(S3Error, "NoSuchKey"):
            store.stat_object("keys", "dir")
        self.assertEqual(list(store.remove_objects("keys", map(DeleteObject, keys))), [])
        self.assertEqual(list(store.list_objects("keys", recursive=True)), [])

    def test_the_aws_cli(self):
        keys = AssumeRole().issue()
        for key in ("tree/", "tree/a", "tree/b/c"):
            self.store.put_object(Bucket="keys", Key=key, Body=b"x")
        listing = service.aws_cli(keys, service.S3_URL, "s3", "ls", "s3://keys/tree/")
        self.assertIn("PRE b/", listing.stdout, listing.stderr)
        for command in (("mv", "s3://keys/tree/a", "s3://keys/moved"), ("rm", "--recursive", "s3://keys/")):
            done = service.aws_cli(keys, service.S3_URL, "s3", *command)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.listed(), [])
