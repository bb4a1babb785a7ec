"""Session policies."""

from .case import allow, by_every_action, deny, policy


@by_every_action
class Policies:
    """A session policy narrows, and never widens."""

    def test_it_narrows(self):
        store = self.store(Policy=policy(allow("s3:GetObject", "demo/public/*")))
        self.reads(store)
        self.refuses("AccessDenied", store.put_object, Bucket="demo", Key="public/b", Body=b"")

    def test_it_never_widens(self):
        everything = policy(allow("s3:*", "*"))
        store = self.store("reader", Policy=everything)
        self.reads(store)
        self.refuses("AccessDenied", store.put_object, Bucket="demo", Key="public/b", Body=b"")
        self.refuses("AccessDenied", store.list_objects_v2, Bucket="demo")

    def test_an_explicit_deny_wins(self):
        denied = policy(allow("s3:*", "*"), deny("s3:GetObject", "demo/public/*"))
        store = self.store(Policy=denied)
        self.refuses("AccessDenied", store.get_object, Bucket="demo", Key="public/a.txt")
        self.assertTrue(store.list_objects_v2(Bucket="demo")["Contents"])

    def test_conditions_see_the_request(self):
        local = {**allow("s3:GetObject", "demo/*"), "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}}
        self.reads(self.store(Policy=policy(local)))
        local["Condition"] = {"Bool": {"aws:SecureTransport": "true"}}
        store = self.store(Policy=policy(local))
        self.refuses("AccessDenied", store.get_object, Bucket="demo", Key="public/a.txt")
