"""Sessions end: with their time, by revocation, and with whose they are."""

import time

from botocore.exceptions import ClientError

from . import service
from .case import by_every_action

# How long the gateway may take to see a change: what it remembers, and some for the machine.
NOTICE_SECONDS = 10


@by_every_action
class Ends:
    """Each end is noticed soon, and reaches nobody else."""

    def living(self, who="ending", **parameters):
        keys = self.action.issue(who, **parameters)
        store = service.s3(keys)
        self.reads(store)
        return keys[0], store

    def revoke(self, *arguments):
        service.admin("session", "revoke", *arguments)
        # A session that is issued within this second would count as one issued before.
        time.sleep(1.1)

    def dies(self, store, code="InvalidToken"):
        """Waits until the store's credentials are refused, which has to be soon."""
        deadline = time.monotonic() + NOTICE_SECONDS
        while time.monotonic() < deadline:
            try:
                store.get_object(Bucket="demo", Key="public/a.txt")
            except ClientError as error:
                self.assertEqual(error.response["Error"]["Code"], code)
                return
            time.sleep(0.2)
        self.fail("the credentials still work")

    def parent(self, key):
        """Whose session it is, as its row says."""
        table, name = service.table()
        row = table.get_item(TableName=name, Key={"pk": {"S": f"SESSION#{key}"}})
        return row["Item"]["parent"]["S"]

    def test_expiry(self):
        """The session's row is made to end now; waiting would take a quarter of an hour."""
        key, store = self.living()
        table, name = service.table()
        table.update_item(
            TableName=name,
            Key={"pk": {"S": f"SESSION#{key}"}},
            UpdateExpression="SET expiry = :now",
            ConditionExpression="attribute_exists(expiry)",
            ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
        )
        self.dies(store, "ExpiredToken")

    def test_revocation_of_one(self):
        key, store = self.living()
        _, other = self.living()
        self.revoke(key)
        self.dies(store)
        self.reads(other)

    def test_revocation_of_a_type(self):
        key, store = self.living(TokenRevokeType="laptop")
        _, other = self.living()
        self.revoke("--parent", self.parent(key), "--type", "laptop")
        self.dies(store)
        self.reads(other)

    def test_revocation_of_a_parent(self):
        (key, one), (_, two) = self.living(), self.living()
        self.revoke("--parent", self.parent(key))
        for store in (one, two):
            self.dies(store)
        self.reads(self.store())
        self.living()

    def test_who_is_disabled(self):
        _, store = self.living("leaving")
        service.admin(*self.action.disabling)
        self.dies(store)
        if self.action.disabling[0] == "user":
            self.dies(service.s3(("leaving", "leaving-secret")), "AccessDenied")
