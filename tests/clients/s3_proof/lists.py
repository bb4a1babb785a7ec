"""Lists, as every client asks for them, and buckets."""

from . import service
from .case import Proof

KEYS = ["a", "a/1", "a/2/3", "aü1", "aü2", "b c+d", "z/"]


class Lists(Proof):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner.create_bucket(Bucket="lists")
        for key in KEYS:
            cls.owner.put_object(Bucket="lists", Key=key, Body=key.encode())

    @classmethod
    def tearDownClass(cls):
        rest = {"Objects": [{"Key": key} for key in KEYS], "Quiet": True}
        answer = cls.owner.delete_objects(Bucket="lists", Delete=rest)
        assert "Deleted" not in answer and "Errors" not in answer, answer
        cls.owner.delete_bucket(Bucket="lists")

    def names(self, page):
        keys = [o["Key"] for o in page.get("Contents", [])]
        return keys, [p["Prefix"] for p in page.get("CommonPrefixes", [])]

    def test_delimiters(self):
        for delimiter, keys, prefixes in [
            ("", KEYS, []),
            ("/", ["a", "aü1", "aü2", "b c+d"], ["a/", "z/"]),
            ("ü", ["a", "a/1", "a/2/3", "b c+d", "z/"], ["aü"]),
            ("ü1", ["a", "a/1", "a/2/3", "aü2", "b c+d", "z/"], ["aü1"]),
            ("😀", KEYS, []),
        ]:
            for call in (self.owner.list_objects, self.owner.list_objects_v2):
                with self.subTest(delimiter, call=call.__name__):
                    page = call(Bucket="lists", Delimiter=delimiter)
                    self.assertEqual(self.names(page), (keys, prefixes))

    def test_requests_that_other_clients_send(self):
        """minio-go sends an empty delimiter where it wants none."""
        for target, expected in [
            ("/lists/?delimiter=&list-type=2&prefix=a", 5),
            ("/lists/?delimiter=&encoding-type=url&fetch-owner=true&list-type=2&prefix=aü1", 1),
            ("/lists/?delimiter=&encoding-type=url&marker=&max-keys=1000&prefix=a", 5),
            ("/lists/?delimiter=%C3%BC&list-type=2&prefix=", 5),
            ("/lists?delimiter=%2F&list-type=2&prefix=a%2F", 1),
            ("/lists?delimiter=&list-type=2&prefix=a&start-after=&continuation-token=", 5),
            ("/lists?list-type=2&max-keys=0", 0),
        ]:
            with self.subTest(target):
                target = target.replace("ü", "%C3%BC")
                status, _, body = service.signed_fetch(target)
                self.assertEqual((status, body.count(b"<Key>")), (200, expected), body)

    def test_pages(self):
        for name in ("list_objects", "list_objects_v2"):
            for delimiter in ("", "/", "ü"):
                for size in range(1, 9):
                    with self.subTest(name, delimiter=delimiter, size=size):
                        paginator = self.owner.get_paginator(name)
                        config = {"PageSize": size}
                        pages = paginator.paginate(Bucket="lists", Delimiter=delimiter, PaginationConfig=config)
                        found = [sum(lists, []) for lists in zip(*map(self.names, pages))]
                        whole = getattr(self.owner, name)(Bucket="lists", Delimiter=delimiter)
                        self.assertEqual(tuple(found), self.names(whole))

    def test_lists_that_cannot_be(self):
        for parameters in ({"MaxKeys": -1}, {"ContinuationToken": "?"}, {"EncodingType": "other"}):
            with self.subTest(**parameters):
                self.refuses("InvalidArgument", self.owner.list_objects_v2, Bucket="lists", **parameters)
        self.refuses("NoSuchBucket", self.owner.list_objects_v2, Bucket="nowhere")

    def test_buckets(self):
        place = {"LocationConstraint": "eu-west-1"}
        self.owner.create_bucket(Bucket="placed", CreateBucketConfiguration=place)
        self.refuses("BucketAlreadyOwnedByYou", self.owner.create_bucket, Bucket="placed")
        self.owner.head_bucket(Bucket="placed")
        self.assertIsNone(self.owner.get_bucket_location(Bucket="placed")["LocationConstraint"])
        names = [bucket["Name"] for bucket in self.owner.list_buckets()["Buckets"]]
        self.assertEqual(names, ["demo", "lists", "placed", "private"])
        self.owner.put_object(Bucket="placed", Key="a", Body=b"")
        self.assertEqual(self.refuses("BucketNotEmpty", self.owner.delete_bucket, Bucket="placed"), 409)
        self.owner.delete_object(Bucket="placed", Key="a")
        self.owner.delete_bucket(Bucket="placed")
        self.assertEqual(self.refuses("NoSuchBucket", self.owner.head_bucket, Bucket="placed"), 404)
